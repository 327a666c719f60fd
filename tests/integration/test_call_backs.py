"""The missed-call promise, from notifications to the call-back and the CRM's task."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients.behomes import BehomesClient
from models import Callback, CallSession, ConsoleEvent
from models.base import now_ms
from services import callbacks
from tests.behomes_crm import is_found
from tests.factories import TASKS, wait_until
from tests.notifications import CLIENT, KNOWN, START, answered_call, dialled_call, event, lost_call

SETTINGS = {"tasks": TASKS}
MINUTE = 60


def at(seconds, bodies):
    """The same notifications, so many seconds later."""
    moved = []
    for body in bodies:
        told = (START + timedelta(seconds=seconds)) - START
        moment = _parse(body["notification_time"]) + told
        moved.append({**body, "notification_time": moment.isoformat(" ", "milliseconds")})
    return moved


def _parse(text):
    return START.fromisoformat(text)


def reached_by_call(call_id, *, employee=102, **members):
    """An outgoing call that the client answered."""
    about = {"employee_id": employee, "direction": "out", **members}
    ended = {"talk_time_duration": 40, "total_time_duration": 50, "is_lost": False}
    return [
        event("outgoing_call", call_id, 0, employee_phone_number="118", **about),
        event("talk_started", call_id, 10, **about),
        event("call_finished", call_id, 50, last_talked_employee_id=employee, **ended, **about),
    ]


def keep_up(server):
    server.drain()
    return callbacks.keep_up(server.engine)


def listed(server):
    """The call-backs, oldest first, without what differs from run to run."""
    with Session(server.engine) as session:
        query = select(Callback).where(Callback.integration_id == server.id)
        rows = session.scalars(query.order_by(Callback.opened_at, Callback.id)).all()
        session.expunge_all()
        return list(rows)


def story(server):
    return [
        (row.contact, tuple(row.calls), row.closed_how, row.closed_call, row.closed_by)
        for row in listed(server)
    ]


# The promise and the task, through the drain


def test_two_misses_are_one_call_back_and_one_task_with_two_lines(server):
    server.use(settings=SETTINGS)
    server.notify(*lost_call("1"), *at(5 * MINUTE, lost_call("2")))

    keep_up(server)

    (task,) = server.written("tasks")
    assert len(task["text"].split("\n")) == 2
    (row,) = listed(server)
    assert (row.misses, row.calls, row.rung) == (2, ["1", "2"], ["101", "102"])
    assert row.closed_at is None and row.contact == f"+{CLIENT}"
    assert row.due_at >= row.opened_at + timedelta(minutes=15)


def test_talk_of_another_employee_closes_the_task_with_who_and_when(any_server):
    any_server.use(settings=SETTINGS)
    any_server.notify(*lost_call("1"))
    keep_up(any_server)

    any_server.notify(*at(10 * MINUTE, answered_call("2", employee=102)))
    keep_up(any_server)

    (task,) = any_server.written("tasks")
    assert task["status"] == "done"
    line = task["text"].split("\n")[-1]
    assert line.startswith("Связались с клиентом: ") and "Agent Two" in line and "14:50" in line
    assert any_server.state("2") == ("written", None)
    assert "task_reached" in any_server.codes("2")
    (row,) = listed(any_server)
    assert (row.closed_how, row.closed_by, row.closed_call) == ("inbound", "102", "2")
    assert row.working_seconds == 10 * MINUTE + 10 - 31


def test_new_miss_opens_the_next_call_back_and_a_new_task(server):
    server.use(settings=SETTINGS)
    server.notify(*lost_call("1"))
    keep_up(server)
    server.notify(*at(10 * MINUTE, reached_by_call("2")))
    keep_up(server)

    server.notify(*at(20 * MINUTE, lost_call("3")))
    keep_up(server)

    closed, successor = server.written("tasks")
    assert (closed["status"], successor["status"]) == ("done", "open")
    assert story(server) == [
        (f"+{CLIENT}", ("1",), "outbound", "2", "102"),
        (f"+{CLIENT}", ("3",), None, None, None),
    ]


def test_unsuccessful_call_of_ours_is_no_talk_and_its_task_is_closed_later(server):
    server.use(settings=SETTINGS)
    server.notify(*dialled_call("1", contact_phone_number=KNOWN))
    keep_up(server)
    assert listed(server) == []

    server.notify(*at(MINUTE, answered_call("2", contact_phone_number=KNOWN)))
    keep_up(server)

    (task,) = server.written("tasks")
    assert (task["status"], listed(server)) == ("done", [])


def test_miss_that_becomes_known_after_the_talk_closes_its_own_task(server):
    server.use(settings=SETTINGS)
    server.notify(*at(10 * MINUTE, answered_call("2")))
    keep_up(server)

    server.notify(*lost_call("1"))
    keep_up(server)

    (task,) = server.written("tasks")
    assert task["status"] == "done" and "task_reached" in server.codes("1")
    assert story(server) == [(f"+{CLIENT}", ("1",), "inbound", "2", "101")]


def test_talk_that_becomes_known_late_leaves_a_task_of_a_later_miss_open(server):
    server.use(settings=SETTINGS)
    server.notify(*lost_call("1"), *at(20 * MINUTE, lost_call("3")))
    keep_up(server)

    server.notify(*at(10 * MINUTE, answered_call("2")))
    keep_up(server)

    assert [task["status"] for task in server.written("tasks")] == ["open"]
    assert [(calls, how) for _, calls, how, *_ in story(server)] == [
        (("1",), "inbound"),
        (("3",), None),
    ]


def test_task_that_a_person_closed_or_deleted_is_left_alone(server):
    server.use(settings=SETTINGS)
    other = {"contact_phone_number": "971500000056"}
    server.notify(*lost_call("1"), *lost_call("2", **other))
    keep_up(server)
    first, second = server.written("tasks")
    server.by_hand(f"tasks/{first['id']}/patch", status="done")
    server.by_hand(f"tasks/{second['id']}/delete")

    server.notify(*at(MINUTE, [*answered_call("3"), *answered_call("4", **other)]))
    keep_up(server)
    server.settle()

    assert server.requests("update_task") == []
    assert [server.state(name)[0] for name in "34"] == ["written", "written"]
    assert [("task_left" in server.codes(name)) for name in "34"] == [True, True]


def test_task_that_the_search_does_not_find_yet_is_closed_later(server):
    server.use(settings=SETTINGS)
    server.fault("search_lag", "create_task", count=1, seconds=3)
    server.notify(*lost_call("1"))
    keep_up(server)
    server.notify(*at(MINUTE, answered_call("2")))
    keep_up(server)
    (task,) = server.written("tasks")
    assert task["status"] != "done"

    wait_until(lambda: is_found(server, task))
    server.settle()

    (task,) = server.written("tasks")
    assert task["status"] == "done"


def test_closing_can_be_switched_off(server):
    rule = {"assign": "from_settings", "close_when_reached": False}
    server.use(settings={"tasks": {"lost_incoming": rule}})
    server.notify(*lost_call("1"), *at(MINUTE, answered_call("2")))
    keep_up(server)

    (task,) = server.written("tasks")
    assert task["status"] == "open"
    assert [how for _, _, how, *_ in story(server)] == ["inbound"]


def test_crm_that_cannot_close_tasks_keeps_them_and_the_trace_says_so(server, monkeypatch):
    supports = BehomesClient.supports
    monkeypatch.setattr(
        BehomesClient, "supports", lambda crm, name: name != "close_tasks" and supports(crm, name)
    )
    server.use(settings=SETTINGS)
    server.notify(*lost_call("1"), *at(MINUTE, answered_call("2")))
    keep_up(server)

    (task,) = server.written("tasks")
    assert (task["status"], server.state("2")[0]) == ("open", "written")
    assert "task_not_closable" in server.codes("2") + server.codes("1")


def test_take_of_a_person_is_kept_whatever_the_calls_do(server):
    server.notify(*lost_call("1"))
    keep_up(server)
    with Session(server.engine) as session, session.begin():
        session.execute(update(Callback).values(taken_name="Agent One", taken_at=now_ms()))

    server.notify(*at(-MINUTE, lost_call("0")), *at(MINUTE, lost_call("2")))
    keep_up(server)

    (row,) = listed(server)
    assert (row.calls, row.taken_name) == (["0", "1", "2"], "Agent One")


@pytest.mark.parametrize("fault", ["error_500_after", "error_500_before"])
def test_closing_is_carried_out_once_whatever_fails(server, fault):
    server.use(settings=SETTINGS)
    server.notify(*lost_call("1"))
    server.drain()
    server.fault(fault, "update_task", count=2)
    server.notify(*at(MINUTE, answered_call("2")))

    server.settle()

    (task,) = server.written("tasks")
    assert (task["status"], len(task["text"].split("\n"))) == ("done", 2)
    assert server.write("taskdone", "2")["status"] == "done"
    # It was us who closed it, though the answer was lost: no person is blamed for it.
    assert ("task_reached" in server.codes("2"), "task_left" in server.codes("2")) == (True, False)
    server.audit()


# What the calls say, whatever order they come in


def test_any_order_of_arrival_gives_the_same_call_backs(any_server):
    calls = [
        lost_call("1"),
        at(5 * MINUTE, lost_call("2")),
        at(10 * MINUTE, reached_by_call("3")),
        at(15 * MINUTE, lost_call("4")),
        at(20 * MINUTE, dialled_call("5")),
        at(25 * MINUTE, answered_call("6")),
        at(30 * MINUTE, lost_call("7")),
    ]
    random.Random(7).shuffle(calls)
    for bodies in calls:
        any_server.notify(*bodies)
        keep_up(any_server)

    assert story(any_server) == [
        (f"+{CLIENT}", ("1", "2"), "outbound", "3", "102"),
        (f"+{CLIENT}", ("4",), "inbound", "6", "101"),
        (f"+{CLIENT}", ("7",), None, None, None),
    ]
    ids = [row.id for row in listed(any_server)]
    with any_server.engine.begin() as connection:
        connection.execute(update(CallSession).values(is_promise_due=True))
    assert callbacks.keep_up(any_server.engine) == 7
    assert [row.id for row in listed(any_server)] == ids


def test_two_workers_at_once_make_one_call_back(any_server):
    for number in range(12):
        any_server.notify(*at(number * MINUTE, lost_call(str(number))))
    any_server.drain()
    failures = []

    def work():
        try:
            callbacks.keep_up(any_server.engine)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    (row,) = listed(any_server)
    assert (row.misses, callbacks.keep_up(any_server.engine)) == (12, 0)


def test_numbers_of_one_client_share_a_call_back_as_long_as_they_are_his(server):
    other, first = "971500000056", {"contact_phone_number": KNOWN}
    second = {"contact_phone_number": other}
    server.by_hand("clients/c_501/patch", phones=[f"+{KNOWN}", f"+{other}"])
    server.notify(*lost_call("1", **first), *at(MINUTE, lost_call("2", **second)))
    keep_up(server)
    (row,) = listed(server)
    assert (row.contact, row.misses, row.client_id, row.client_name) == (
        f"+{other}",
        2,
        "c_501",
        "Client Sample",
    )

    server.notify(*at(5 * MINUTE, reached_by_call("3", **first)))
    keep_up(server)
    assert [row.closed_call for row in listed(server)] == ["3"]

    server.by_hand("clients/c_501/patch", phones=[f"+{KNOWN}"])
    server.notify(*at(9 * MINUTE, answered_call("4", **second)))
    keep_up(server)
    assert [(contact, calls, call) for contact, calls, _, call, _ in story(server)] == [
        (f"+{KNOWN}", ("1",), "3"),
        (f"+{other}", ("2",), "4"),
    ]


def test_hidden_ignored_and_internal_numbers_and_unknown_ends_promise_nothing(server):
    server.use(settings={"ignore": {"numbers": ["971500000056"]}})
    server.notify(*lost_call("1", contact_phone_number="anonymous"))
    server.notify(*lost_call("2", contact_phone_number="971500000056"))
    server.notify(*lost_call("3", is_internal=True))
    server.notify(event("incoming_call", "4", contact_phone_number=CLIENT))
    server.drain()
    server.pass_time(5 * 3600)
    server.close_forgotten()
    keep_up(server)

    assert server.row("4").outcome == "unknown"
    assert listed(server) == []


def test_consoles_are_told_how_many_are_open(server):
    server.notify(*lost_call("1"), *lost_call("2", contact_phone_number="971500000056"))
    keep_up(server)
    server.notify(*at(MINUTE, answered_call("3")))
    keep_up(server)

    with Session(server.engine) as session:
        events = session.scalars(select(ConsoleEvent).order_by(ConsoleEvent.id)).all()
        told = [(row.employee_id, row.data["open"]) for row in events if row.kind == "callbacks"]
    assert told == [(None, 2), (None, 1)]


def test_looking_for_due_calls_does_not_read_all_of_them(server):
    asked = []

    def remember(_connection, _cursor, statement, parameters, *_):
        if "is_promise_due" in statement and not statement.startswith("EXPLAIN"):
            asked.append((statement, parameters))

    server.notify(*lost_call())
    server.drain()
    with server.engine.begin() as connection:
        connection.execute(update(CallSession).values(is_promise_due=True))
    sql_event.listen(server.engine, "before_cursor_execute", remember)
    try:
        callbacks.keep_up(server.engine)
    finally:
        sql_event.remove(server.engine, "before_cursor_execute", remember)

    with server.engine.connect() as connection:
        plans = [
            " ".join(row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p))
            for s, p in asked
        ]
    assert len(plans) > 1
    assert [plan for plan in plans if "ix_call_session_promise" not in plan] == []
