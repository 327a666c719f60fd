"""The periodic comparison: its windows and times, points, refusals, and a day without a server."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Callback, Card, Integration, ReconcileRun
from models.base import to_ms
from rules.attention import Kind, attention
from services import callbacks
from services.attention import read_facts
from services.card_inbox import Watch
from services.reconcile_due import reconcile_due
from tests.integration.reported import any_office, office
from tests.notifications import answered_call, ringing

__all__ = ["any_office", "office"]

HOUR = 3600
TOLD = (Kind.NOT_NOTIFIED, Kind.REPORT_STOPPED)


def run(office):
    return reconcile_due(office.server.engine, office.server.ports)


def kinds(office):
    return [each.kind for each in office.runs()]


def test_comparison_is_due_every_five_minutes_by_the_database(any_office):
    assert [run(any_office) for _ in range(2)] == [1, 0]

    any_office.server.pass_time(150)
    assert run(any_office) == 0
    any_office.server.pass_time(151)
    assert run(any_office) == 1

    assert kinds(any_office) == ["periodic"] * 2
    assert any_office.asked() == 2


def test_window_begins_two_hours_before_the_watermark_but_never_before_the_making(office):
    run(office)
    assert office.runs()[0].from_at == office.integration().created_at
    office.server.pass_time(10 * HOUR)
    run(office)
    watermark = office.integration().reconciled_till
    assert timedelta(seconds=119) < office.runs()[-1].started_at - watermark
    office.server.pass_time(301)

    run(office)

    last = office.runs()[-1]
    assert last.from_at == watermark - timedelta(seconds=301) - timedelta(hours=2)
    assert office.integration().reconciled_till == last.till_at


def test_several_processes_compare_once(any_office):
    threads = [Thread(target=run, args=(any_office,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert kinds(any_office) == ["periodic"]


def test_days_before_are_compared_once_a_night(office):
    run(office)
    office.server.pass_time(24 * HOUR)
    run(office)
    for _ in range(2):
        office.server.change(reconcile_next_at=None)
        run(office)

    assert kinds(office).count("nightly") == 1
    (nightly,) = [each for each in office.runs() if each.kind == "nightly"]
    assert nightly.from_at == office.integration().created_at


def test_key_that_is_refused_stops_the_comparison_until_there_is_a_new_one(office):
    office.fault("access_token_invalid")
    run(office)
    assert office.integration().reconcile_error == "invalid_auth"
    assert office.integration().reconciled_till is None
    assert run(office) == 0

    office.heal()
    office.server.connect(callgear=office.keys())

    assert run(office) == 1
    assert office.integration().reconcile_error is None


def test_used_up_points_wait_for_their_reset(office):
    office.fault("limit_exceeded", limit_type="day", reset=2 * HOUR, count=1)
    run(office)
    assert office.integration().reconcile_error == "points_exhausted"

    office.server.pass_time(HOUR)
    assert run(office) == 0
    office.server.pass_time(HOUR + 1)
    assert run(office) == 1
    assert office.integration().reconcile_error is None


def test_short_wait_for_points_is_no_alarm(office):
    office.fault("limit_exceeded", limit_type="minute", reset=30, count=1)
    run(office)

    assert office.integration().reconcile_error is None
    assert office.integration().reconciled_till is None


def test_comparison_leaves_the_reserve_of_the_day(office):
    account = {"app_id": 7, "tokens": {"few": "active"}, "limits": {"day": 10}}
    office.pbx.control("POST", "/_sim/seed", {"accounts": [account], "replace": True})
    office.server.connect(callgear=office.keys("few"))
    office.forget_requests()
    for _ in range(20):
        run(office)
        office.server.pass_time(301)

    spent = len(office.pbx.control("GET", "/_sim/requests")["requests"])

    assert 6 <= spent <= 8
    assert office.integration().reconcile_error == "points_reserve"


def test_six_hours_without_a_server_are_caught_up(any_office):
    """All calls are in, none doubled, no card, nothing overdue, first contacts in their order."""
    server = any_office.server
    server.notify(*answered_call("800", contact_phone_number="971500000800"))
    server.settle()
    run(any_office)
    watch = Watch()
    with server.engine.connect() as connection:
        watch.find_new(connection)
    server.pass_time(6 * HOUR)
    began = server.now() - timedelta(hours=6)
    for place in range(24):
        lost = place % 3 == 0
        any_office.call(
            str(900 + place),
            recipe="inbound_lost" if lost else "inbound_answered",
            contact=f"9715000009{place % 6:02}",
            at=began + timedelta(minutes=14 * place),
        )

    assert run(any_office) == 1
    server.drain_twice_at_once()
    server.settle()
    callbacks.keep_up(server.engine)

    found = any_office.sessions()
    assert len(found) == 25
    assert {server.state(call.call_session_id) for call in found} == {("written", None)}
    audit = server.audit()
    assert (audit["clients"], audit["leads"], audit["calls"]) == (7, 7, 25)
    first = [
        call.call_session_id
        for call in found
        if server.show(call.call_session_id)["decisions"][0]["contact"] == "first"
    ]
    assert first == ["800", *(str(900 + place) for place in range(6))]
    now = server.now()
    assert all(task["due_at"] > to_ms(now) for task in server.written("tasks"))
    with Session(server.engine) as session:
        assert session.scalar(select(func.count()).select_from(Card)) == 0
        open_ones = session.scalars(select(Callback).where(Callback.closed_at.is_(None))).all()
        assert all(each.due_at > now for each in open_ones)
    with server.engine.connect() as connection:
        assert watch.find_new(connection) == set()
    server.pass_time(301)
    run(any_office)
    last = any_office.runs()[-1]
    assert (last.known, last.taken_in, last.completed) == (last.rows, 0, 0)


def test_call_that_rings_now_goes_before_a_backlog(any_office):
    server = any_office.server
    began = server.now() - timedelta(hours=5)
    server.pass_time(6 * HOUR)
    for place in range(60):
        any_office.call(
            str(900 + place),
            contact=f"9715000009{place:02}",
            at=began + timedelta(minutes=4 * place),
        )
    run(any_office)
    server.notify(*ringing("800", contact_phone_number="971500000800"))

    drain = server.make_drain(capacity=20)
    drain._take_more(float("inf"))

    taken = [active.call.row.call_session_id for active in drain._active.values()]
    drain._close(is_clean=False)
    assert "800" in taken
    assert len(taken) <= 17  # the report's calls take no more than a request of each lane
    assert sorted(set(taken) - {"800"}) == [str(900 + place) for place in range(len(taken) - 1)]


def test_calls_that_only_the_report_tells_of_are_an_alarm_until_a_notification_comes(office):
    server = office.server
    server.pass_time(HOUR)
    for number in ("901", "902", "903"):
        office.call(number, at=server.now() - timedelta(minutes=20))
    run(office)

    assert alarms(office) == [(Kind.NOT_NOTIFIED, 3)]
    server.notify(*ringing("904"))
    assert alarms(office) == []


def alarms(office):
    with Session(office.server.engine) as session:
        integration = session.get_one(Integration, office.server.id)
        items = attention(read_facts(session, integration, None))
        return [(item.kind, item.values["count"]) for item in items if item.kind in TOLD]


def test_old_comparisons_are_forgotten(office):
    run(office)
    office.server.pass_time(31 * 24 * HOUR)

    run(office)

    with Session(office.server.engine) as session:
        kept = session.scalars(select(ReconcileRun.kind)).all()
    assert sorted(kept) == ["nightly", "periodic"]
