"""What stands before the start of the whole system, and what it says."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys

import pytest

from app import create_app
from models import db
from runtime import demo, first_admin, plan, run, simulators
from runtime.config import ROOT, Config
from tests.logins import make_login


@pytest.fixture
def config(tmp_path):
    return Config.from_environ({"INSTANCE_DIR": str(tmp_path / "instance")})


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_taken_port_is_a_clear_error_and_nothing_starts(tmp_path, taken_port):
    variables = {"PORT": str(taken_port), "INSTANCE_DIR": str(tmp_path / "instance")}

    done = subprocess.run(
        [sys.executable, "-m", "runtime", "run"],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert done.returncode == 1
    assert f"port {taken_port} on 127.0.0.1 is taken" in done.stderr
    assert not (tmp_path / "instance" / "broker.url").exists()
    assert not (tmp_path / "instance" / "app.db").exists()


def test_wrong_variable_is_a_clear_error(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "runtime", "web"],
        cwd=ROOT,
        env={**os.environ, "PORT": "x", "INSTANCE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert done.returncode == 1
    assert done.stderr == "error: PORT must be a whole number from 1 to 65535\n"


def test_instance_folder_is_for_one(tmp_path):
    with (
        run.only_one(tmp_path),
        pytest.raises(run.CannotStart, match=f"already running.*{os.getpid()}"),
        run.only_one(tmp_path),
    ):
        pass

    with run.only_one(tmp_path):
        pass


def test_simulators_keep_their_ports(tmp_path):
    first = simulators.place(tmp_path)

    second = simulators.place(tmp_path)

    assert first == second
    assert [one.name for one in first] == ["behomes", "callgear"]
    assert (tmp_path / "simulators.hosts").read_text().split() == [one.host for one in first]


def test_simulator_gives_way_where_its_port_is_taken(tmp_path, taken_port):
    (tmp_path / "simulators.hosts").write_text(f"127.0.0.1:{taken_port}\nnonsense\n")

    placed = simulators.place(tmp_path)

    assert taken_port not in [one.port for one in placed]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, ["Открыть: http://127.0.0.1:8000/", f"Вход: {demo.EMAIL} / {demo.PASSWORD}"]),
        ({"DEFAULT_LOCALE": "en"}, ["Open: http://127.0.0.1:8000/", "Log in: "]),
        ({"DEMO": "0"}, ["Открыть: http://127.0.0.1:8000/"]),
    ],
)
def test_address_and_login_are_told(tmp_path, capsys, variables, said):
    config = Config.from_environ({"INSTANCE_DIR": str(tmp_path), **variables})

    run.announce(config, began=0.0)

    out = capsys.readouterr().out
    assert [words for words in said if words not in out] == []
    assert (demo.PASSWORD in out) is config.demo


@pytest.mark.parametrize(
    ("locale", "said"), [("ru", "Первый администратор"), ("en", "The first administrator")]
)
def test_first_start_tells_a_setup_link_that_the_next_start_replaces(
    sqlite_url, tmp_path, capsys, locale, said
):
    config = real_server(sqlite_url, tmp_path, locale)

    links = []
    for _start in range(2):
        first_admin.tell(config)
        out = capsys.readouterr().out
        assert said in out
        links.append(re.search(r"https://calls\.example\.com(/invitations/\S+)", out).group(1))

    visitor = create_app(config).test_client()
    assert [visitor.get(link).status_code for link in links] == [404, 200]


def test_server_with_an_admin_tells_no_link(sqlite_url, tmp_path, capsys):
    config = real_server(sqlite_url, tmp_path, "en")
    app = create_app(config)
    with app.app_context():
        make_login("admin@example.com", "admin")
        db.engine.dispose()

    first_admin.tell(config)

    assert capsys.readouterr().out == ""


def test_server_with_employees_only_still_wants_an_admin(sqlite_url, tmp_path, capsys):
    config = real_server(sqlite_url, tmp_path, "en")
    app = create_app(config)
    with app.app_context():
        make_login("agent.one@example.com", "employee")
        db.engine.dispose()

    first_admin.tell(config)

    assert "/invitations/" in capsys.readouterr().out


def real_server(sqlite_url, folder, locale):
    return Config.from_environ(
        {
            "INSTANCE_DIR": str(folder),
            "DEMO": "0",
            "DATABASE_URL": sqlite_url,
            "DEFAULT_LOCALE": locale,
            "PUBLIC_BASE_URL": "https://calls.example.com",
        }
    )


def test_demo_has_simulators_and_data_and_production_has_not(config):
    placed = simulators.place(config.instance_dir)

    demo_names = [
        [part.name for part in s] for s in plan.stages(config, own_broker=None, placed=placed)
    ]
    other = [[part.name for part in s] for s in plan.stages(config, own_broker=None, placed=())]

    assert demo_names[:4] == [["behomes", "callgear"], ["migrations"], ["demo data"], ["web"]]
    assert other == [
        [],
        ["migrations"],
        [],
        ["web"],
        ["worker 1", "worker 2", "live", "upkeep"],
        ["first admin"],
    ]


def test_importing_the_application_starts_nothing():
    code = (
        "import threading; from runtime import plan; plan.preload(); "
        "import os; print(threading.active_count(), len(os.listdir('/proc/self/fd')))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    threads, files = done.stdout.split()
    assert int(threads) == 1, done.stderr
    # stdin, stdout, stderr and the listing itself: no connection and no open file.
    assert int(files) <= 4
