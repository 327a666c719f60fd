"""Workers: leases, crashes, poison, pace, and a process killed at every point."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import text

from services import call_work
from tests.factories import answered_call, lost_call

ALL_FOUR = {
    "incoming": {"first": {"create": "lead_and_deal", "owner": "from_settings"}},
    "tasks": {"lost_incoming": {"assign": "from_settings"}},
    "fields": [
        {"id": "f", "entity": "lead", "target": "talk_seconds", "value": "{{wait_duration}}"}
    ],
}
PHONES = [f"9715000007{number:02}" for number in range(40)]


def calls(server, count):
    for number in range(count):
        server.notify(*answered_call(str(number), contact_phone_number=PHONES[number]))


# Crashes of our own


@pytest.fixture
def poisoned(monkeypatch):
    """Folding the call `poison` fails."""
    fold = call_work.fold

    def crash(events, around):
        if any(event.call_session_id == "poison" for event in events):
            raise ZeroDivisionError("a defect of ours")
        return fold(events, around)

    monkeypatch.setattr(call_work, "fold", crash)


def test_poisonous_call_is_set_aside_after_three_and_neighbours_go_on(any_server, poisoned):
    any_server.notify(*answered_call("poison"))
    calls(any_server, 3)

    for _ in range(3):
        any_server.drain()
        any_server.pass_time(10)

    assert any_server.state("poison") == ("failed", "crashed")
    assert any_server.row("poison").crashes == 3
    assert any_server.codes("poison").count("crashed") == 3
    assert [any_server.state(str(n))[0] for n in range(3)] == ["written"] * 3
    assert any_server.left() == 0


def test_poisonous_call_can_be_replayed_after_the_defect_is_mended(server, poisoned, monkeypatch):
    server.notify(*answered_call("poison"))
    for _ in range(3):
        server.drain()
        server.pass_time(10)
    monkeypatch.undo()

    server.replay("poison")
    server.drain()

    assert server.state("poison") == ("written", None)


def test_row_that_the_database_refuses_is_its_own_calls_alone(any_server, monkeypatch):
    trace = call_work.Call.trace

    def unstorable(call, *reasons):
        trace(call, *reasons)
        is_crash = any(reason.code == "crashed" for reason in reasons)
        if call.row.call_session_id == "poison" and not is_crash:
            call.changes.update_session(call.id, started_at=None)

    monkeypatch.setattr(call_work.Call, "trace", unstorable)
    any_server.notify(*answered_call("poison"))
    calls(any_server, 2)

    for _ in range(3):
        any_server.drain()
        any_server.pass_time(10)

    assert any_server.state("poison")[0] == "failed"
    assert [any_server.state(str(n))[0] for n in range(2)] == ["written"] * 2


# Leases


def test_worker_that_lost_its_lease_writes_nothing(any_server):
    any_server.fault("slow", "create_lead", seconds=0.6, count=1)
    any_server.notify(*answered_call())
    slow = threading.Thread(target=any_server.drain)
    slow.start()
    while not any_server.requests("create_client"):
        time.sleep(0.01)
    with any_server.engine.begin() as connection:
        stolen = "UPDATE call_session SET lease_token = 'another', leased_until = leased_until"
        connection.execute(text(stolen))

    slow.join()

    row = any_server.row()
    assert row.lease_token == "another"
    assert row.folded_version == 0
    assert any_server.write("lead")["status"] in ("sent", "planned")
    any_server.pass_time(200)
    any_server.drain()
    any_server.settle()
    assert any_server.audit() == {"clients": 1, "leads": 1, "calls": 1}


def test_two_workers_never_work_on_one_call(any_server):
    any_server.configure(idempotency="off", latency_seconds=0.02)
    calls(any_server, 8)

    any_server.drain_twice_at_once()

    assert any_server.audit() == {"clients": 8, "leads": 8, "calls": 8}
    assert any_server.left() == 0


# Pace


def use_limits(server, **limits):
    limits = {"per_second": 1000, "burst": 1000, "in_flight": 16, **limits}
    server.connect(
        behomes={"base_url": server.crm.url, "api_key": server.crm.key, "limits": limits}
    )
    with server.engine.begin() as connection:
        connection.execute(text("UPDATE crm_account SET tokens = burst"))
    server.crm.control("DELETE", "/_sim/requests")


def most_at_once(requests, milliseconds):
    """How many requests the CRM held at the same time; it answers after so many milliseconds."""
    edges = []
    for one in requests:
        edges += [(one["at"], 1), (one["at"] + milliseconds, -1)]
    most = now = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most


def test_no_more_requests_at_once_than_allowed_by_two_workers_together(any_server):
    use_limits(any_server, in_flight=3)
    any_server.configure(latency_seconds=0.05)
    calls(any_server, 8)

    any_server.drain_twice_at_once()

    assert any_server.audit() == {"clients": 8, "leads": 8, "calls": 8}
    assert most_at_once(any_server.requests(), 45) <= 3


def test_no_more_requests_a_second_than_allowed_by_two_workers_together(any_server):
    use_limits(any_server, per_second=20, burst=5)
    calls(any_server, 8)
    began = time.monotonic()

    any_server.drain_twice_at_once()

    # 8 calls take 4 requests each; 5 of 32 go at once.
    assert len(any_server.requests()) == 32
    assert time.monotonic() - began > (32 - 5) / 20 - 0.3


# Killed at every point

CHILD = """
import os, signal, sys, time
from pathlib import Path
from sqlalchemy import event
from app import create_app
from models import db
from runtime.config import Config
from services import crm_requests
from services.drain import Drain
from services.knobs import Knobs
from services.offices import Offices

where, number = sys.argv[1], int(sys.argv[2])
seen = 0
def count(*_):
    global seen
    seen += 1
    if seen == number:
        os.kill(os.getpid(), signal.SIGKILL)
app = create_app(Config.load())
with app.app_context():
    ports, engine = app.extensions["ports"], db.engine
if where == "commit":
    event.listen(engine, "commit", count)
else:
    run = crm_requests.CrmRequests._run
    def counting(self, *args):
        count() if where == "request" else None
        run(self, *args)
        count() if where == "answer" else None
    crm_requests.CrmRequests._run = counting
Drain(engine, Offices(ports), Knobs.of(ports)).run(time.monotonic() + 15)
"""


def run_child(server, where, number):
    """A worker process that is killed at that point; its exit code."""
    config = server.app.extensions["config"]
    environ = {
        **os.environ,
        "INSTANCE_DIR": str(config.instance_dir),
        "DATABASE_URL": config.database_url,
        "API_HOSTS": ",".join(config.api_hosts),
        "DEMO": "0",
    }
    command = [sys.executable, "-c", CHILD, where, str(number)]
    return subprocess.run(command, env=environ, timeout=60, check=False).returncode


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("commit", range(2, 26, 7)),
        ("request", (1, 4, 7)),
        ("answer", (1, 4, 7)),
    ],
)
def test_worker_killed_anywhere_loses_and_doubles_nothing(any_server, where, numbers):
    any_server.use(settings=ALL_FOUR)
    any_server.configure(idempotency="off")
    expected = {"clients": 0, "leads": 0, "deals": 0, "tasks": 0, "calls": 0}
    killed = 0
    for number in numbers:
        any_server.notify(*lost_call(f"{where}{number}", contact_phone_number=PHONES[number]))
        any_server.pass_time(3)

        killed += run_child(any_server, where, number) == -signal.SIGKILL

        any_server.pass_time(11)  # the lease of the dead
        any_server.settle(seconds=130)
        expected = {name: count + 1 for name, count in expected.items()}
        assert any_server.state(f"{where}{number}") == ("written", None)
        made = any_server.audit()
        assert made["leads"] == made["deals"] == made["calls"] == expected["leads"]
    assert killed >= len(numbers) / 2
