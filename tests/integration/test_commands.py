"""The command line of contract 3 and 5: JSON on stdout, exit codes, nothing half done."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import CallSession, Integration, SettingsVersion
from services import login
from services.claims import GIVE_UP_FROM
from services.intake import take_in
from tests.factories import make_file, make_settings
from tests.logins import VISITOR
from tests.notifications import answered_call, ringing

DEAL_WITHOUT_FUNNEL = {"incoming": {"first": {"create": "deal"}}}


@pytest.fixture
def run(server):
    """Run a command; its exit code and its JSON."""

    def call(*words, given=None):
        text = None if given is None else json.dumps(given)
        done = server.app.test_cli_runner().invoke(args=[*map(str, words)], input=text)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, json.loads(done.stdout)

    return call


def integrations(server):
    with Session(server.engine) as session:
        return session.scalar(select(func.count()).select_from(Integration))


def test_create_prints_what_is_shown_once(server, run):
    code, made = run("integrations", "create", "-", given=make_file(server.crm))

    assert code == 0
    assert set(made) == {"id", "webhook_url", "webhook_secret", "manager_url", "api_key"}
    assert made["manager_url"] == made["webhook_url"] + "/manager"


def test_create_reads_a_file_with_the_least_that_is_needed(server, run, tmp_path):
    behomes = {"base_url": server.crm.url, "api_key": server.crm.key}
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"title": "Small", "behomes": behomes}))

    code, made = run("integrations", "create", path)

    assert code == 0
    with Session(server.engine) as session:
        assert session.get_one(Integration, made["id"]).published_version is None


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        pytest.param({"settings": DEAL_WITHOUT_FUNNEL}, "settings_invalid", "funnels", id="rules"),
        pytest.param({"settings": {"x": 1}}, "settings_invalid", "x", id="unknown-member"),
        pytest.param({"title": None}, "file_invalid", "title", id="no-title"),
        pytest.param({"timezone": "Mars/Base"}, "file_invalid", "timezone", id="zone"),
        pytest.param({"behomes": {"api_key": "k"}}, "file_invalid", "behomes.base_url", id="url"),
    ],
)
def test_create_refuses_and_makes_nothing(server, run, changes, code, path):
    before = integrations(server)

    exit_code, told = run("integrations", "create", "-", given=make_file(server.crm, **changes))

    assert (exit_code, told["error"]["code"]) == (1, code)
    assert any(field["path"].startswith(path) for field in told["error"]["fields"])
    assert all(field["message"] for field in told["error"]["fields"])
    assert integrations(server) == before


def test_unreadable_files_are_told(server, run, tmp_path):
    missing = run("integrations", "create", tmp_path / "nowhere.json")
    path = tmp_path / "broken.json"
    path.write_text("{")
    broken = run("integrations", "create", path)

    assert (missing[0], missing[1]["error"]["code"]) == (1, "file_unreadable")
    assert (broken[0], broken[1]["error"]["code"]) == (1, "file_invalid")


def test_settings_go_out_and_in_again(server, run):
    code, document = run("integrations", "settings", "export", server.id)
    draft = run("integrations", "settings", "import", server.id, "-", given=document)
    published = run(
        "integrations", "settings", "import", server.id, "-", "--publish", given=document
    )

    assert code == 0
    assert document["schema"] == 1
    assert draft[0] == 0
    assert (draft[1]["published_version"], draft[1]["draft"]) == (1, True)
    assert published == (0, {"published_version": 2})
    assert run("integrations", "settings", "export", server.id) == (0, document)


def test_settings_that_do_not_validate_are_not_published(server, run):
    words = ("integrations", "settings", "import", server.id, "-", "--publish")
    code, told = run(*words, given=DEAL_WITHOUT_FUNNEL)

    assert (code, told["error"]["code"]) == (1, "settings_invalid")
    with Session(server.engine) as session:
        assert session.scalar(select(func.count()).select_from(SettingsVersion)) == 1


def test_show_tells_all_of_a_call(server, run):
    server.notify(*answered_call())
    server.drain()

    code, shown = run("calls", "show", server.id, "1")

    assert code == 0
    assert shown == json.loads(json.dumps(server.show()))
    assert {"writes", "trace"} <= set(shown)
    assert "971500000055" not in json.dumps(shown["writes"]) + json.dumps(shown["trace"])


def test_drain_waits_and_tells(server, run):
    server.notify(*answered_call("1"), *ringing("2"))
    busy = run("calls", "drain", server.id, "--timeout", "0.1")
    server.drain()
    idle = run("calls", "drain", server.id)

    assert busy[0] == 1
    assert busy[1]["idle"] is False
    assert idle == (0, {"idle": True, "left": 0})
    assert server.state("2") == ("waiting", "in_progress")


def test_replay_tells_how_many(server, run):
    server.fault("validation_refused", "create_lead", count=3)
    server.notify(*answered_call("1"))
    server.settle()

    other = run("writes", "replay", server.id, "2")
    one = run("writes", "replay", server.id, "1")
    again = run("writes", "replay", server.id)

    nothing = (0, {"replayed": 0, "calls": 0})
    assert (other, one, again) == (nothing, (0, {"replayed": 1, "calls": 1}), nothing)


def test_replay_tells_of_a_call_that_has_no_write_yet(server, run):
    server.notify(*answered_call("1"))
    with server.engine.begin() as connection:
        take_in(connection)
        connection.execute(update(CallSession).values(suspicion=GIVE_UP_FROM))
    server.drain()
    assert server.state() == ("failed", "crashed")

    assert run("writes", "replay", server.id) == (0, {"replayed": 0, "calls": 1})

    server.settle()
    assert server.state() == ("written", None)


@pytest.mark.parametrize(
    "words",
    [
        ("calls", "show", "999", "1"),
        ("calls", "drain", "999"),
        ("writes", "replay", "999"),
        ("integrations", "settings", "export", "999"),
        ("crm", "probe", "999"),
    ],
)
def test_unknown_integration_is_told(run, words):
    code, told = run(*words)

    assert (code, told["error"]["code"]) == (1, "not_found")


def test_unknown_call_is_told(server, run):
    code, told = run("calls", "show", server.id, "404")

    assert (code, told["error"]["code"]) == (1, "not_found")


@pytest.mark.parametrize(("key", "code"), [("right", 0), ("wrong", 1)])
def test_connect_tests_the_connection(server, run, key, code):
    key = server.crm.key if key == "right" else key
    file = {"behomes": {"base_url": server.crm.url, "api_key": key}}

    exit_code, told = run("integrations", "connect", server.id, "-", given=file)

    assert exit_code == code
    assert told["id"] == server.id
    assert (told["behomes"] == "ok") is (code == 0)
    assert key not in json.dumps(told)


def test_probe_reads_only(server, run):
    code, told = run("crm", "probe", server.id)

    assert (code, told["ok"]) == (0, True)
    assert server.audit() == {}


def test_config_check_masks_secrets(server, run):
    _, told = run("config", "check")

    config = server.app.extensions["config"]
    assert config.secret_key not in json.dumps(told)
    assert config.encryption_keys[0] not in json.dumps(told)


def test_users_create_makes_a_login(server, run):
    words = ("users", "create", "--email", "A@Example.com", "--role", "admin", "--password-stdin")
    result = server.app.test_cli_runner().invoke(args=words, input="a good long password\n")
    again = server.app.test_cli_runner().invoke(args=words, input="a good long password\n")

    assert json.loads(result.stdout)["email"] == "a@example.com"
    assert (result.exit_code, again.exit_code) == (0, 1)
    assert json.loads(again.stdout)["error"]["code"] == "login_invalid"


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("nobody@example.com", "another good password", "not_found"),
        ("a@example.com", "short", "login_invalid"),
    ],
)
def test_users_password_refuses_strangers_and_weak_words(server, run, email, password, code):
    runner = server.app.test_cli_runner()
    words = ("--email", "a@example.com", "--role", "admin", "--password-stdin")
    runner.invoke(args=("users", "create", *words), input="a good long password\n")

    words = ("users", "password", "--email", email, "--password-stdin")
    result = runner.invoke(args=words, input=f"{password}\n")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == code


def test_users_password_replaces_it_and_ends_all_sessions(server, run):
    runner = server.app.test_cli_runner()
    words = ("--email", "a@example.com", "--role", "admin", "--password-stdin")
    runner.invoke(args=("users", "create", *words), input="a good long password\n")
    with server.app.app_context():
        _, token = login.sign_in("a@example.com", "a good long password", VISITOR)

    words = ("users", "password", "--email", "A@example.com", "--password-stdin")
    result = runner.invoke(args=words, input="another good password\n")

    assert (result.exit_code, json.loads(result.stdout)["email"]) == (0, "a@example.com")
    with server.app.app_context():
        assert login.find_login(token) is None
        assert login.sign_in("a@example.com", "another good password", VISITOR)


def test_settings_of_a_default_file_can_be_published(server, run):
    words = ("integrations", "settings", "import", server.id, "-", "--publish")

    assert run(*words, given=make_settings()) == (0, {"published_version": 2})
