from __future__ import annotations

import json

import pytest

from runtime import keys
from runtime.config import Config, ConfigError
from runtime.config_check import check, effective

GOOD = {"DEMO": "0", "PUBLIC_BASE_URL": "https://pbx.example.com"}
DATABASE = "postgresql://u:word@db.example.com/d?sslmode=require"
SHARED = {**GOOD, "DATABASE_URL": DATABASE, "REDIS_URL": "rediss://:word@h"}
KEYS = {"SECRET_KEY": keys.new_secret(), "ENCRYPTION_KEYS": keys.new_fernet_key()}


def load(tmp_path, **variables):
    return Config.from_environ({"INSTANCE_DIR": str(tmp_path), **variables})


def told(config, level):
    return {finding.variable for finding in check(config) if finding.level == level}


def test_demo_on_this_machine_is_fine(tmp_path):
    assert check(load(tmp_path)) == []


def test_good_production_is_not_refused(tmp_path):
    config = load(tmp_path, **SHARED, **KEYS)

    assert told(config, "error") == told(config, "warning") == set()


@pytest.mark.parametrize("name", KEYS)
def test_key_generated_here_beside_a_database_elsewhere_is_refused(tmp_path, name):
    given = {other: key for other, key in KEYS.items() if other != name}

    assert told(load(tmp_path, **SHARED, **given), "error") == {name}


@pytest.mark.parametrize("host", ["localhost/d", "127.0.0.1:5432/d", "/d?host=/run/postgresql"])
def test_generated_keys_are_fine_beside_a_database_of_this_machine(tmp_path, host):
    config = load(tmp_path, **GOOD, DATABASE_URL=f"postgresql://{host}")

    assert told(config, "error") == set()


def test_hosts_of_one_database_need_one_broker_and_one_folder(tmp_path):
    lonely = load(tmp_path, **SHARED | {"REDIS_URL": ""}, **KEYS)
    together = load(tmp_path, **SHARED, **KEYS, RECORDINGS_DIR="/srv/recordings")

    assert told(lonely, "warning") == {"REDIS_URL"}
    assert "RECORDINGS_DIR" in told(lonely, "note")
    assert "RECORDINGS_DIR" not in told(together, "note")


@pytest.mark.parametrize(
    ("variable", "changes"),
    [
        pytest.param("SECRET_KEY", {"SECRET_KEY": "short"}, id="short-secret"),
        pytest.param("SECRET_KEY", {"SECRET_KEY": "a" * 40}, id="monotonous-secret"),
        pytest.param("SECRET_KEY", {"SECRET_KEY": "changeme" + "-0123456789" * 4}, id="word"),
        pytest.param("ENCRYPTION_KEYS", {"ENCRYPTION_KEYS": "A" * 43 + "="}, id="zero-key"),
        pytest.param(
            "PUBLIC_BASE_URL", {"PUBLIC_BASE_URL": "http://pbx.example.com"}, id="plain-http"
        ),
        pytest.param("HOST", {"HOST": "0.0.0.0", "PUBLIC_BASE_URL": ""}, id="open-without-https"),
        pytest.param("DEMO", {"DEMO": "1"}, id="public-demo"),
        pytest.param("DEMO", {"DEMO": "1", "HOST": "::", "PUBLIC_BASE_URL": ""}, id="open-demo"),
    ],
)
def test_weak_setting_is_refused(tmp_path, variable, changes):
    assert told(load(tmp_path, **(GOOD | changes)), "error") == {variable}


def test_key_that_others_can_read_is_refused(tmp_path):
    config = load(tmp_path, **GOOD)
    (tmp_path / "secret_key").chmod(0o644)

    assert told(config, "error") == {"INSTANCE_DIR"}


@pytest.mark.parametrize(
    ("changes", "level", "variable"),
    [
        pytest.param(
            {"DATABASE_URL": ""}, "error", "DATABASE_URL", id="sqlite-beside-a-shared-broker"
        ),
        pytest.param(
            {"DATABASE_URL": DATABASE.replace("?sslmode=require", "")},
            "warning",
            "DATABASE_URL",
            id="database-without-tls",
        ),
        pytest.param(
            {"DATABASE_URL": DATABASE.replace("require", "prefer")},
            "warning",
            "DATABASE_URL",
            id="tls-that-may-be-left-out",
        ),
        pytest.param({"REDIS_URL": "redis://8.8.8.8"}, "error", "REDIS_URL", id="public-redis"),
        pytest.param({"REDIS_URL": "rediss://10.0.0.9"}, "warning", "REDIS_URL", id="no-password"),
        pytest.param({"REDIS_URL": "redis://:w@h"}, "warning", "REDIS_URL", id="open-password"),
        pytest.param({"API_HOSTS": "169.254.169.254"}, "error", "API_HOSTS", id="metadata"),
        pytest.param({"API_HOSTS": "0.0.0.0:80"}, "error", "API_HOSTS", id="any-address"),
        pytest.param({"API_HOSTS": "127.0.0.1:9"}, "warning", "API_HOSTS", id="this-machine"),
        pytest.param({"API_HOSTS": "crm"}, "warning", "API_HOSTS", id="bare-name"),
        pytest.param({"OLD_SECRET_KEYS": "short"}, "error", "OLD_SECRET_KEYS", id="old-and-short"),
    ],
)
def test_weak_servers_are_told(tmp_path, changes, level, variable):
    config = load(tmp_path, **(SHARED | KEYS | changes))

    found = {finding.variable for finding in check(config) if finding.level in ("error", "warning")}
    assert found == {variable}
    assert told(config, level) == {variable}


@pytest.mark.parametrize("pattern", ["*", "*.behomes.tech", "https://api.behomes.tech"])
def test_hosts_that_may_be_called_are_named_one_by_one(tmp_path, pattern):
    with pytest.raises(ConfigError, match="API_HOSTS"):
        load(tmp_path, API_HOSTS=pattern)


def test_a_database_that_others_can_read_is_refused(tmp_path):
    config = load(tmp_path, **GOOD)
    (tmp_path / "app.db").touch(0o644)
    (tmp_path / "app.db").chmod(0o644)
    tmp_path.chmod(0o700)
    behind_the_door = told(config, "error")

    tmp_path.chmod(0o755)

    assert behind_the_door == set()
    assert told(config, "error") == {"INSTANCE_DIR"}


def test_webhooks_that_nobody_can_reach_are_a_warning(tmp_path):
    assert told(load(tmp_path, DEMO="0"), "warning") == {"PUBLIC_BASE_URL"}


def test_effective_configuration_shows_no_secret(tmp_path):
    config = load(
        tmp_path, DATABASE_URL="postgresql://u:dbword@h/d", REDIS_URL="redis://:redisword@h"
    )

    shown = json.dumps(effective(config))

    hidden = ("dbword", "redisword", config.secret_key, *config.encryption_keys)
    assert [secret for secret in hidden if secret in shown] == []
    assert effective(config)["database_url"] == "postgresql+psycopg://u:***@h/d"
    assert effective(config)["port"] == 8000
