from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from rules.events import Event
from rules.leg_timeline import timeline_of, timeline_of_facts

START = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def event(kind, seconds, employee=None, **members):
    told = {"notification_time": at(seconds).strftime("%Y-%m-%d %H:%M:%S"), **members}
    if employee:
        told["employee_id"] = employee
    return Event(kind, f"{kind}|{seconds}|{employee}", "1", told)


def told(events, ended=None, now=100):
    found = timeline_of(
        events,
        zone=UTC,
        employee_by_email={},
        started_at=START,
        ended_at=None if ended is None else at(ended),
        now=at(now),
    )
    return found and [
        (span.kind.value, span.employee_id, *(_seconds(each) for each in (span.start, span.stop)))
        for span in found.spans
    ]


def _seconds(moment):
    return int((moment - START).total_seconds())


TRANSFERRED = [
    event("incoming_call", 0),
    event("waiting_answer", 1, "101"),
    event("waiting_answer", 1, "102"),
    event("talk_started", 8, "101"),
    event("waiting_answer", 30, "103"),
    event("talk_started", 35, "103"),
    event("talk_finished", 36, "101", talk_time_duration=28),
    event("talk_finished", 60, "103", talk_time_duration=25),
    event("call_finished", 60, "103"),
]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_transfer_in_any_order_of_arrival(seed):
    events = random.Random(seed).sample(TRANSFERRED, len(TRANSFERRED))

    assert told(events, ended=60) == [
        ("ring", "101", 1, 8),
        ("ring", "102", 1, 8),
        ("talk", "101", 8, 36),
        ("ring", "103", 30, 35),
        ("talk", "103", 35, 60),
    ]


def test_handover_is_named():
    found = timeline_of(
        TRANSFERRED, zone=UTC, employee_by_email={}, started_at=START, ended_at=at(60), now=at(100)
    )

    (handover,) = found.handovers
    assert (handover.from_employee, handover.to_employee) == ("101", "103")
    assert _seconds(handover.at) == 35
    assert (found.share(START), found.share(at(30)), found.share(at(90))) == (0, 500, 1000)


@pytest.mark.parametrize(
    ("events", "ended", "spans"),
    [
        pytest.param(
            [event("waiting_answer", 2, "101"), event("lost_call", 20)],
            20,
            [("ring", "101", 2, 20)],
            id="lost",
        ),
        pytest.param(
            [event("talk_finished", 40, "101", talk_time_duration=30), event("call_finished", 40)],
            40,
            [("talk", "101", 10, 40)],
            id="only the end of the talk",
        ),
        pytest.param(
            [event("waiting_answer", 2, "101"), event("leg_finished", 9, "101")],
            20,
            [("ring", "101", 2, 9)],
            id="own end",
        ),
        pytest.param(
            [event("outgoing_call", 0, "101"), event("talk_started", 9, "101")],
            None,
            [("dial", "101", 0, 9), ("talk", "101", 9, 100)],
            id="outgoing, still going on",
        ),
        pytest.param([event("incoming_call", 0)], 5, None, id="nobody named"),
        pytest.param([], None, None, id="no notification"),
    ],
)
def test_spans(events, ended, spans):
    assert told(events, ended=ended) == spans


def test_facts_of_the_report_give_an_estimate():
    talks = [{"employee_id": "101", "seconds": 30}, {"employee_id": "103", "seconds": 12}]

    found = timeline_of_facts({"wait_seconds": 5, "talks": talks, "rung": ["102"]}, START, at(47))

    assert found.is_estimated
    assert [(span.employee_id, span.seconds) for span in found.spans] == [
        ("102", 5),
        ("101", 5),
        ("101", 30),
        ("103", 12),
    ]
    assert timeline_of_facts({}, START, None) is None
