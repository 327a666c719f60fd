from __future__ import annotations

import ast
import re
import stat
from pathlib import Path

import pytest

from runtime.config import ROOT, VENDOR_HOSTS, Config, ConfigError, read_env_file

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
ENVIRONMENT = re.compile(r"\b(os\.environ\b|os\.getenv|os\.environb)")


def load(tmp_path, **variables):
    return Config.from_environ({"INSTANCE_DIR": str(tmp_path / "instance"), **variables})


def test_defaults_are_those_of_the_contract(tmp_path):
    config = load(tmp_path)

    assert (config.host, config.port, config.demo) == ("127.0.0.1", 8000, True)
    assert config.database_url == f"sqlite:///{tmp_path}/instance/app.db"
    assert config.redis_url is None
    assert config.public_base_url == "http://127.0.0.1:8000"
    assert config.api_hosts == VENDOR_HOSTS
    assert (config.default_locale, config.htmx_source, config.log_format) == ("ru", "cdn", None)
    assert (config.settle_seconds, config.enrich_seconds) == (120, 30)
    assert config.recording_link_days == 30


def test_generated_secrets_stay_and_are_for_the_owner_only(tmp_path):
    first = load(tmp_path)

    second = load(tmp_path)

    files = sorted((tmp_path / "instance").iterdir())
    assert first == second
    assert [path.name for path in files] == ["encryption_keys", "secret_key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_given_secrets_leave_no_file(tmp_path):
    config = load(tmp_path, SECRET_KEY="s" * 40, ENCRYPTION_KEYS=f"{KEY}, {KEY}")

    assert config.encryption_keys == (KEY, KEY)
    assert list((tmp_path / "instance").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg:///d?host=/tmp/s", "postgresql+psycopg:///d?host=/tmp/s"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_database_address(tmp_path, given, used):
    assert load(tmp_path, DATABASE_URL=given).database_url == used


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:9"),
        ("::1", "http://[::1]:9"),
        ("pbx.lan", "http://pbx.lan:9"),
    ],
)
def test_own_address_can_be_opened(tmp_path, host, address):
    assert load(tmp_path, HOST=host, PORT="9").public_base_url == address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "http"),
        ("HOST", "http://x"),
        ("DEMO", "maybe"),
        ("DATABASE_URL", "mysql://h/secretword"),
        ("REDIS_URL", "secretword:6379"),
        ("ENCRYPTION_KEYS", "secretword"),
        ("PUBLIC_BASE_URL", "example.com"),
        ("PUBLIC_BASE_URL", "https://u:secretword@example.com"),
        ("API_HOSTS", "https://example.com"),
        ("WEB_THREADS", "0"),
        ("DEFAULT_LOCALE", "de"),
        ("LOG_FORMAT", "xml"),
        ("SETTLE_SECONDS", "-1"),
    ],
)
def test_wrong_value_is_named_but_not_shown(tmp_path, name, value):
    with pytest.raises(ConfigError, match=f"^{name} must") as raised:
        load(tmp_path, **{name: value})

    assert "secretword" not in str(raised.value)


def test_all_problems_are_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, PORT="x", DEMO="x")

    assert len(raised.value.problems) == 2


def test_folder_that_cannot_be_made_is_a_config_error(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="INSTANCE_DIR"):
        Config.from_environ({"INSTANCE_DIR": str(tmp_path / "file" / "instance")})


def test_secrets_are_not_in_the_repr(tmp_path):
    config = load(tmp_path, DATABASE_URL="postgresql://u:secretword@h/d")

    assert config.secret_key not in repr(config)
    assert config.encryption_keys[0] not in repr(config)
    assert "secretword" not in repr(config)


def test_simulators_of_a_running_demo_may_be_called(tmp_path):
    load(tmp_path)
    (tmp_path / "instance" / "simulators.hosts").write_text("127.0.0.1:4001\n127.0.0.1:4002\n")

    assert load(tmp_path, API_HOSTS="a.b").api_hosts == ("a.b", "127.0.0.1:4001", "127.0.0.1:4002")
    assert load(tmp_path, API_HOSTS="a.b", DEMO="0").api_hosts == ("a.b",)


def test_env_file_is_read(tmp_path):
    path = tmp_path / ".env"
    path.write_text("# PORT=1\n\nexport HOST = '::1'\nSECRET_KEY=\"a=b\"\nnonsense\n")

    assert read_env_file(path) == {"HOST": "::1", "SECRET_KEY": "a=b"}
    assert read_env_file(tmp_path / "none") == {}


def test_example_holds_every_variable_that_is_read():
    files = (ROOT / "runtime" / "config.py", ROOT / "runtime" / "variables.py")

    read = {name for path in files for name in _names_read(path)}

    assert read == set(read_env_file(ROOT / ".env.example"))


def test_example_holds_the_defaults(tmp_path):
    example = read_env_file(ROOT / ".env.example") | {"INSTANCE_DIR": str(tmp_path / "instance")}

    assert Config.from_environ(example) == load(tmp_path)


def test_only_config_reads_the_environment():
    sources = [
        path
        for path in ROOT.rglob("*.py")
        if not {".venv", "tests", "bench", "chaos", "fuzz"} & set(path.relative_to(ROOT).parts)
    ]

    readers = [path for path in sources if ENVIRONMENT.search(path.read_text(encoding="utf-8"))]

    assert [str(path.relative_to(ROOT)) for path in readers] == ["runtime/config.py"]


def _names_read(path: Path):
    """Names of variables in calls like read.whole("PORT", ...)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.args[0].value
            if isinstance(node.func, ast.Attribute) and re.fullmatch(r"[A-Z][A-Z_]+", str(name)):
                yield name
