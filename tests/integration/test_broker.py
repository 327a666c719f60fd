from __future__ import annotations

import os
import stat
from dataclasses import replace

import psutil
import pytest
import redis

from runtime import broker
from runtime.config import Config
from tests.broker import running_broker, start


@pytest.fixture
def config(tmp_path):
    return Config.from_environ({"INSTANCE_DIR": str(tmp_path / "instance")})


def test_own_broker_serves_its_owner_only_and_keeps_nothing():
    with running_broker() as own:
        with redis.Redis.from_url(own.url) as connection:
            settings = connection.config_get("*")
            server = psutil.Process(connection.info("server")["process_id"])
            connection.set("x", "1")

        assert stat.S_IMODE(own.socket.stat().st_mode) == 0o600
        assert [one for one in server.net_connections("inet") if one.status == "LISTEN"] == []
        assert settings["maxmemory-policy"] == "noeviction"
        assert (settings["save"], settings["appendonly"]) == ("", "no")


def test_redis_url_comes_first(config):
    given = replace(config, redis_url="redis://127.0.0.1:1/0")

    assert broker.find_url(given) == "redis://127.0.0.1:1/0"


def test_running_broker_is_found_through_the_instance_folder(config):
    with running_broker() as own:
        (config.instance_dir / "broker.url").write_text(own.url + "\n")

        assert broker.find_url(config) == own.url


def test_file_of_a_stopped_broker_is_not_believed(config):
    with running_broker() as own:
        (config.instance_dir / "broker.url").write_text(own.url)

    assert broker.find_url(config) is None


def test_no_broker_is_no_error(config):
    assert broker.find_url(config) is None


def test_broker_starts_again_over_the_socket_of_a_killed_one():
    with running_broker() as own:
        with redis.Redis.from_url(own.url) as connection:
            os.kill(connection.info("server")["process_id"], 9)

        process = start(own)

        assert own.is_ready()
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.parametrize(
    ("folder", "inside"),
    [
        pytest.param("i", True, id="plain"),
        pytest.param("x" * 120, False, id="too-long-for-a-socket"),
        pytest.param("my instance", False, id="space"),
        pytest.param("a=b", False, id="equals-sign"),
    ],
)
def test_place_of_the_socket(config, tmp_path, folder, inside):
    instance_dir = tmp_path / folder
    instance_dir.mkdir()

    own = broker.embedded(replace(config, instance_dir=instance_dir))

    assert (own.socket.parent == instance_dir) is inside
    assert len(str(own.socket)) <= broker.LONGEST_SOCKET_PATH
    own.forget()
    assert inside or not own.socket.parent.exists()


@pytest.mark.parametrize(
    ("said", "is_taken"),
    [
        ("Redis server v=6.0.16 sha=0 malloc=jemalloc", False),
        ("Redis server v=7.0.15 sha=0 malloc=jemalloc", True),
        ("nonsense", False),
    ],
)
def test_server_of_this_machine_is_taken_if_it_is_new_enough(tmp_path, monkeypatch, said, is_taken):
    program = tmp_path / "redis-server"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    assert (broker.find_program() == program) is is_taken


def test_without_any_server_the_way_out_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(broker.NoBrokerError, match="REDIS_URL"):
        broker.find_program()
