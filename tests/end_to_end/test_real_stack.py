"""The real stack, used as an outsider would: the command line, HTTP, the CRM's own count."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.factories import wait_until
from tests.joined import PAYLOADS, Joined
from tests.simulated import behomes_simulator
from tests.stack import running

pytestmark = pytest.mark.e2e

CALLS = ("700000101", "700000102", "700000103", "700000104")
# 102 and 103 are calls of one client: one task with a line for each.
EVERYTHING = {"clients": 3, "leads": 4, "tasks": 1, "calls": 4}


def payload_files() -> list[Path]:
    """Every readable notification of the four calls, in every shape."""
    flat = [path for call in CALLS for path in sorted((PAYLOADS / call).iterdir())]
    shapes = [path for path in sorted(PAYLOADS.iterdir()) if path.is_file()]
    left_out = ("README", "broken", "ignored", "refused", "unanswered_message")
    return flat + [path for path in shapes if not path.name.startswith(left_out)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request):
    """The address of an empty database, None for the embedded one."""
    if request.param == "sqlite":
        yield None
        return
    url = request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    schema = f"stack_{os.getpid()}_{random.randrange(10**6)}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    mark = "&" if "?" in url else "?"
    yield f"{url}{mark}options=-csearch_path%3D{schema}"
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def stack(tmp_path, database_url):
    database = {"DATABASE_URL": database_url} if database_url else {}
    with behomes_simulator() as crm:
        crm.control("POST", "/_sim/config", {"idempotency": "off"})
        host = crm.url.removeprefix("http://")
        fast = {"SETTLE_SECONDS": "2", "ENRICH_SECONDS": "0"}
        with running(tmp_path, DEMO="0", API_HOSTS=host, **fast, **database) as system:
            made = Joined(system.environ, system.process, system.log, crm)
            made.create()
            yield made


def test_every_notification_twice_in_any_order_makes_one_of_everything(stack):
    files = payload_files()
    random.Random(1).shuffle(files)
    assert set(stack.made) == {"id", "webhook_url", "webhook_secret", "manager_url", "api_key"}
    assert stack.made["webhook_url"].startswith(f"{stack.url}/hooks/")
    assert stack.made["manager_url"] == stack.made["webhook_url"] + "/manager"

    first = [stack.post(path) for path in files]
    again = [stack.post(path) for path in files]

    assert set(again) <= {"duplicate", "ignored"}
    assert {"accepted", "duplicate"} <= set(first)
    assert stack.drain() == {"idle": True, "left": 0}
    assert stack.audit() == EVERYTHING
    shown = {call: stack.flask("calls", "show", stack.id, call) for call in CALLS}
    assert {one["state"] for one in shown.values()} == {"written"}
    assert_shapes(shown)


def assert_shapes(shown):
    """`calls show` to the letter of contract 5."""
    members = "call_session_id state state_reason settings_version facts decisions created"
    assert {frozenset(one) for one in shown.values()} == {
        frozenset([*members.split(), "writes", "trace"])
    }
    answered, lost, failed, transfer = (shown[call] for call in CALLS)
    assert answered["call_session_id"] == "700000101"
    assert (answered["state_reason"], answered["settings_version"]) == (None, 1)
    assert answered["facts"] == {
        "direction": "inbound",
        "outcome": "answered",
        "client_phone": "+971500000011",
        "answered_by": "101",
        "finished_by": "101",
        "caller": None,
    }
    assert answered["decisions"] == [
        {
            "kind": "contact",
            "contact": "first",
            "create": "lead",
            "owner_rule": "answered_by",
            "owner_user_id": "u_17",
            "fallback": None,
        }
    ]
    assert set(answered["created"]) == {"client_id", "lead_id", "deal_id", "task_id"}
    assert answered["created"]["deal_id"] is None
    assert lost["facts"]["outcome"] == "lost"
    assert [one["kind"] for one in lost["decisions"]] == ["contact", "task"]
    assert lost["created"]["task_id"] == failed["created"]["task_id"] is not None
    assert (failed["facts"]["direction"], failed["facts"]["outcome"]) == ("outbound", "failed")
    assert failed["facts"]["caller"] == "102"
    assert (transfer["facts"]["answered_by"], transfer["facts"]["finished_by"]) == ("101", "102")


def test_work_goes_on_without_broker_and_after_it_was_wiped(stack):
    files = [path for call in CALLS for path in sorted((PAYLOADS / call).iterdir())]
    stack.crm.control("POST", "/_sim/config", {"latency_seconds": 0.05})

    for number, path in enumerate(files):
        if number % 6 == 3:
            stack.kill_broker()
        assert stack.post(path) in ("accepted", "ignored")

    assert stack.drain()["idle"]
    assert stack.audit() == EVERYTHING
    wait_until(stack.is_ready, seconds=30)


def test_killed_workers_lose_and_double_nothing(stack):
    stack.crm.control("POST", "/_sim/config", {"latency_seconds": 0.15})
    for call in CALLS:
        for path in sorted((PAYLOADS / call).iterdir()):
            stack.post(path)

    for _ in range(3):
        horses = wait_until(lambda: stack.family("work-horse") or is_idle(stack), seconds=30)
        for horse in horses if isinstance(horses, list) else []:
            horse.kill()
        time.sleep(0.1)  # the next one begins

    assert stack.drain()["idle"]
    assert stack.audit() == EVERYTHING
    assert {stack.flask("calls", "show", stack.id, call)["state"] for call in CALLS} == {"written"}


def is_idle(stack):
    return stack.audit() == EVERYTHING


def test_exit_codes_and_errors_of_the_commands(stack):
    unknown = stack.flask("calls", "show", stack.id, "1", code=1)
    no_integration = stack.flask("calls", "drain", "999", code=1)
    bad = {"incoming": {"first": {"create": "deal"}}}
    words = ("integrations", "settings", "import", stack.id, "-", "--publish")
    refused = stack.flask(*words, typed=json.dumps(bad), code=1)
    exported = stack.flask("integrations", "settings", "export", stack.id)
    published = stack.flask(*words, typed=json.dumps(exported))
    stack.crm.control("POST", "/_sim/faults", {"name": "error_500_before"})
    stack.post(PAYLOADS / "700000101" / "01-incoming_call.flat.json")
    stack.post(PAYLOADS / "700000101" / "05-call_finished.flat.json")
    busy = stack.flask("calls", "drain", stack.id, "--timeout", "1", code=1)

    assert unknown["error"]["code"] == no_integration["error"]["code"] == "not_found"
    assert refused["error"]["code"] == "settings_invalid"
    assert refused["error"]["fields"]
    assert exported["incoming"]["first"]["create"] == "lead"
    assert published == {"published_version": 2}
    assert busy == {"idle": False, "left": 1}
    assert stack.flask("writes", "replay", stack.id) == {"replayed": 0, "calls": 0}
    behomes = {"base_url": stack.crm.url, "api_key": "wrong"}
    connected = stack.flask(
        "integrations", "connect", stack.id, "-", typed=json.dumps({"behomes": behomes}), code=1
    )
    assert connected["behomes"] != "ok"
