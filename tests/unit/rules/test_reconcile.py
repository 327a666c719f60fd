"""The comparison with the calls report: windows, splitting, nights, and what a call lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from rules.pbx import CallRow, RowEmployee
from rules.reconcile import (
    LONGEST,
    Counts,
    Window,
    is_night_due,
    missing_facts,
    nightly_window,
    periodic_window,
    rest_of,
    spans,
)
from rules.vocabulary import Direction

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=100)
DUBAI = ZoneInfo("Asia/Dubai")


def ago(**time):
    return NOW - timedelta(**time)


@pytest.mark.parametrize(
    ("watermark", "made_at", "since"),
    [
        pytest.param(None, ago(hours=1), ago(hours=1), id="first time: since the making"),
        pytest.param(ago(minutes=7), LONG_AGO, ago(hours=2, minutes=7), id="with an overlap"),
        pytest.param(ago(hours=6), LONG_AGO, ago(hours=8), id="after an outage"),
        pytest.param(ago(minutes=7), ago(hours=1), ago(hours=1), id="not from before the making"),
    ],
)
def test_periodic_window(watermark, made_at, since):
    assert periodic_window(watermark, made_at, NOW) == Window(since, ago(minutes=2))


def test_window_of_an_integration_made_just_now_is_empty():
    assert periodic_window(None, NOW, NOW) == Window(NOW, NOW)


@pytest.mark.parametrize(
    ("made_at", "since"), [(LONG_AGO, ago(days=3)), (ago(days=1), ago(days=1))]
)
def test_nightly_window(made_at, since):
    assert nightly_window(made_at, NOW) == Window(since, ago(minutes=2))


@pytest.mark.parametrize(
    ("now", "last", "is_due"),
    [
        pytest.param("2026-03-10T02:01+04:00", "2026-03-09T02:01+04:00", True, id="night begins"),
        pytest.param("2026-03-10T01:59+04:00", "2026-03-09T02:01+04:00", False, id="not yet"),
        pytest.param("2026-03-10T23:59+04:00", "2026-03-10T02:05+04:00", False, id="done today"),
        pytest.param("2026-03-10T15:00+04:00", "2026-03-08T02:05+04:00", True, id="missed"),
        pytest.param("2026-03-10T15:00+04:00", None, False, id="made today"),
        pytest.param("2026-03-11T02:00+04:00", None, True, id="first night"),
    ],
)
def test_days_before_are_compared_once_a_night(now, last, is_due):
    made_at = datetime.fromisoformat("2026-03-10T09:00+04:00")
    known = datetime.fromisoformat(last) if last else None

    assert is_night_due(known, made_at, datetime.fromisoformat(now), DUBAI) is is_due


def test_long_window_is_split_without_gaps():
    window = Window(NOW - timedelta(days=400), NOW)

    parts = list(spans(window))

    assert (parts[0].since, parts[-1].till) == (window.since, window.till)
    assert all(before.till == after.since for before, after in pairwise(parts))
    assert all(part.till - part.since <= LONGEST for part in parts)


def test_short_window_is_asked_for_as_it_is():
    assert list(spans(Window(NOW, NOW))) == [Window(NOW, NOW)]


@pytest.mark.parametrize(
    ("starts", "since"),
    [
        pytest.param([0, 5, 9.5], 9, id="from the second of the last start"),
        pytest.param([0, 0, 0.7], None, id="all in one second"),
        pytest.param([None], None, id="no start is told"),
        pytest.param([-10], None, id="before the window: nothing is gained"),
    ],
)
def test_rest_of_a_full_page(starts, since):
    rows = [
        CallRow("1", started_at=None if each is None else NOW + timedelta(seconds=each))
        for each in starts
    ]
    window = Window(NOW, NOW + timedelta(hours=1))

    rest = rest_of(window, rows)

    expected = None if since is None else Window(NOW + timedelta(seconds=since), window.till)
    assert rest == expected


WHOLE = {
    "is_ended": True,
    "outcome": "answered",
    "direction": "inbound",
    "client_phone": "+971500000055",
    "virtual_number": "97140000001",
    "answered_by": "101",
    "finished_by": "101",
    "talks": [{"employee_id": "101", "seconds": 60}],
    "rung": ["101"],
    "talk_seconds": 60,
    "recordings": [{"url": "https://media.example.com/1/a", "seconds": 60}],
    "tags": ["vip"],
}
ROW = CallRow(
    "1",
    direction=Direction.INBOUND,
    started_at=NOW,
    finished_at=NOW + timedelta(seconds=70),
    is_lost=False,
    contact_phone_number="971500000055",
    virtual_phone_number="97140000001",
    talk_seconds=60,
    employees=(RowEmployee("101", "Agent One", True, True),),
    first_talked_employee_id="101",
    last_talked_employee_id="101",
    tags=("vip",),
    record_links=("https://media.example.com/1/a",),
)


@pytest.mark.parametrize(
    ("facts", "lacking"),
    [
        pytest.param({}, (), id="nothing"),
        pytest.param({"is_ended": False, "outcome": None}, ("end",), id="the end"),
        pytest.param({"outcome": "unknown"}, ("end",), id="closed by the 4-hour rule"),
        pytest.param({"direction": None}, ("direction",), id="direction"),
        pytest.param({"client_phone": None}, ("phone",), id="phone"),
        pytest.param({"virtual_number": None}, ("number",), id="number"),
        pytest.param({"answered_by": None}, ("first_talker",), id="first talker"),
        pytest.param({"finished_by": None}, ("last_talker",), id="last talker"),
        pytest.param({"talk_seconds": None}, ("talk",), id="length of the talk"),
        pytest.param({"talks": []}, ("employees",), id="who talked"),
        pytest.param({"rung": []}, ("employees",), id="who was rung"),
        pytest.param({"recordings": []}, ("recording",), id="recording"),
        pytest.param({"tags": []}, ("tags",), id="tags"),
        pytest.param({"answered_by": "102", "talk_seconds": 61}, (), id="other words stand"),
        pytest.param({"rung": ["102"]}, (), id="somebody was rung"),
    ],
)
def test_what_a_call_lacks(facts, lacking):
    assert missing_facts(ROW, {**WHOLE, **facts}) == lacking


def test_call_that_still_goes_on_lacks_nothing():
    assert missing_facts(CallRow("1", started_at=NOW), {}) == ()


def test_call_of_which_nothing_is_known_lacks_what_the_row_has():
    lost = CallRow("1", direction=Direction.INBOUND, finished_at=NOW, is_lost=True)

    assert missing_facts(lost, {}) == ("end", "direction")


def test_counts_add_up():
    assert Counts(3, 1, 2, 1) + Counts(1, 1) == Counts(4, 2, 2, 1)
