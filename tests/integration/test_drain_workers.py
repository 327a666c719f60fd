"""Workers: leases, crashes of our own, poison, pace."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from services import call_work
from tests.notifications import answered_call

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
