from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.pbx import CallRow
from tests.unit.rules.calls import (
    ROW,
    at,
    event,
    finished,
    folded,
    incoming,
    lost,
    outgoing,
    ringing,
    talk,
    told_at,
)

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("events", "around", "times"),
    [
        pytest.param(
            [incoming(), *talk("101", 11.4, 11.6), finished(23.2)], {}, (0, 11.4, 23.2), id="told"
        ),
        pytest.param(
            [finished(23.2), *talk("101", 11.4, 11.6), incoming()], {}, (0, 11.4, 23.2), id="order"
        ),
        pytest.param(
            [incoming(2), event("tag_set", 90), finished(23, start_time=told_at(0))],
            {},
            (0, None, 23),
            id="start-told",
        ),
        pytest.param(
            [incoming(), finished(23, finish_time_localized=told_at(22))],
            {},
            (0, None, 22),
            id="end-told",
        ),
        pytest.param([incoming(5), finished(50)], {"report": ROW}, (0, 10, 60), id="report"),
        pytest.param([lost(31, wait_time_duration=31)], {}, (0, None, 31), id="only-lost"),
        pytest.param(
            [finished(23, total_time_duration=23, wait_time_duration=11, talk_time_duration=12)],
            {},
            (0, 11, 23),
            id="only-finished",
        ),
        pytest.param(
            [*talk("101", 11, 12)[1:], finished(23, total_time_duration=23)],
            {},
            (0, 11, 23),
            id="counted-back-from-the-end",
        ),
        pytest.param(
            [incoming(3), finished(23, total_time_duration=60)],
            {},
            (3, None, 23),
            id="a-start-event-wins-over-counting-back",
        ),
        pytest.param([incoming(), ringing("101", 4)], {}, (0, None, None), id="ringing"),
        pytest.param([lost(30), finished(31)], {}, (30, None, 31), id="two-ends"),
        pytest.param([incoming(), event("tag_set", 9)], {"is_closed": True}, (0, None, 9), id="4h"),
        pytest.param([incoming(None, received=2)], {}, (2, None, None), id="received-at"),
        pytest.param(
            [incoming(None, notification_timestamp=1772355605)], {}, (5, None, None), id="epoch"
        ),
        pytest.param(
            [incoming(None, notification_time="1772355605000")], {}, (5, None, None), id="ms-epoch"
        ),
        pytest.param(
            [incoming(notification_time=told_at(0, MOSCOW)), lost(9)],
            {"zone": MOSCOW},
            (0, None, 3609),
            id="zone-of-the-account",
        ),
        pytest.param([], {}, (None, None, None), id="nothing"),
    ],
)
def test_moments(events, around, times):
    call = folded(*events, **around)

    found = (call.started_at, call.answered_at, call.ended_at)
    assert found == tuple(None if seconds is None else at(seconds) for seconds in times)


@pytest.mark.parametrize(
    ("events", "row", "durations"),
    [
        pytest.param(
            [
                incoming(),
                *talk("101", 11.4, 11.6),
                finished(23, talk_time_duration=12, wait_time_duration=11, total_time_duration=24),
            ],
            None,
            (11, 12, 24),
            id="told",
        ),
        pytest.param(
            [incoming(), *talk("101", 9, 40), *talk("102", 54, 90), finished(144)],
            None,
            (9, 130, 144),
            id="summed",
        ),
        pytest.param(
            [
                incoming(),
                *talk("101", 9, 40),
                *talk("102", 9, 40),
                finished(50, talk_time_duration=41),
            ],
            None,
            (9, 41, 50),
            id="the-end-knows-better-than-the-sum",
        ),
        pytest.param(
            [incoming(), *talk("101", 9, 40), finished(49, talk_time_duration=0)],
            None,
            (9, 40, 49),
            id="an-end-that-forgot-the-talk",
        ),
        pytest.param([incoming(), finished(31)], None, (31, None, 31), id="lost-waits-all-along"),
        pytest.param([incoming(), finished(9, talk_time_duration=0)], None, (9, 0, 9), id="zero"),
        pytest.param([outgoing(), finished(30)], None, (30, None, 30), id="failed"),
        pytest.param([incoming(), *talk("101", 9, 4)[:1]], None, (9, None, None), id="talking"),
        pytest.param([incoming()], None, (None, None, None), id="ringing"),
        pytest.param([], ROW, (10, 50, 60), id="report"),
        pytest.param([finished(9, total_time_duration="long")], None, (0, None, 0), id="a-word"),
        pytest.param([finished(9, total_time_duration=1e300)], None, (0, None, 0), id="too-long"),
        pytest.param([finished(9, wait_time_duration=-4)], None, (0, None, 0), id="negative"),
        pytest.param([finished(9, wait_time_duration=7.9)], None, (7, None, 7), id="fraction"),
        pytest.param([incoming(9), finished(3)], None, (0, None, 0), id="never-below-zero"),
    ],
)
def test_durations(events, row, durations):
    call = folded(*events, report=row)

    assert (call.wait_seconds, call.talk_seconds, call.total_seconds) == durations


@pytest.mark.parametrize(
    ("events", "row", "text"),
    [
        pytest.param([incoming(), finished(9)], None, "2026-03-01 13:00:00.000", id="first-event"),
        pytest.param(
            [incoming(), finished(9, start_time="2026-03-01 12:59:59")],
            None,
            "2026-03-01 12:59:59",
            id="start-time",
        ),
        pytest.param(
            [incoming(2)],
            CallRow("1", started_at=at(0), parameters={"start_time": "2026-03-01 13:00:00"}),
            "2026-03-01 13:00:00",
            id="report",
        ),
        pytest.param([finished(9, total_time_duration=4)], None, None, id="counted-back"),
        pytest.param([incoming(None)], None, None, id="received-at"),
        pytest.param([incoming(notification_time="1772355605")], None, None, id="epoch"),
    ],
)
def test_the_start_as_the_pbx_wrote_it(events, row, text):
    assert folded(*events, report=row).started_text == text


def test_a_call_without_any_time_is_folded():
    timeless = [
        event("talk_finished", None, employee_id="101", talk_time_duration=12),
        event("call_finished", None),
    ]

    call = folded(*[type(each)(each.kind, each.key, "1", each.members) for each in timeless])

    assert (call.started_at, call.answered_at, call.ended_at) == (None, None, None)
    assert call.talk_seconds == 12


def test_a_naive_moment_of_arrival_is_utc():
    naive = event("incoming_call", None)
    naive = type(naive)(naive.kind, naive.key, "1", naive.members, 0, at(7).replace(tzinfo=None))

    call = folded(naive, finished(9))

    assert call.started_at - at(0) == timedelta(seconds=7)
