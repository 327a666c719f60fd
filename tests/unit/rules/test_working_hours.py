from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.working_hours import due_at

DUBAI = ZoneInfo("Asia/Dubai")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = {str(day): [("09:00", "13:00"), ("14:00", "18:00")] for day in range(1, 6)}
NIGHT = {str(day): [("00:00", "06:00")] for day in range(1, 8)}


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        pytest.param("2026-03-02 10:00", 15, "2026-03-02 10:15", id="in-the-day"),
        pytest.param("2026-03-02 08:00", 15, "2026-03-02 09:15", id="before-opening"),
        pytest.param("2026-03-02 12:50", 15, "2026-03-02 14:05", id="over-lunch"),
        pytest.param("2026-03-02 12:45", 15, "2026-03-02 13:00", id="at-the-last-moment"),
        pytest.param("2026-03-02 17:50", 15, "2026-03-03 09:05", id="over-night"),
        pytest.param("2026-03-06 17:50", 15, "2026-03-09 09:05", id="over-the-weekend"),
        pytest.param("2026-03-07 12:00", 15, "2026-03-09 09:15", id="on-saturday"),
        pytest.param("2026-03-02 09:00", 8 * 60 * 5 + 1, "2026-03-09 09:01", id="a-week-of-work"),
    ],
)
def test_minutes_run_in_working_hours(start, minutes, expected):
    moment = datetime.fromisoformat(start).replace(tzinfo=DUBAI)

    due = due_at(moment, minutes, OFFICE, DUBAI)

    assert due.astimezone(DUBAI).strftime("%Y-%m-%d %H:%M") == expected


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param(None, id="always"),
        pytest.param({}, id="no-days"),
        pytest.param({"1": []}, id="no-spans"),
    ],
)
def test_without_hours_every_minute_counts(hours):
    moment = datetime(2026, 3, 7, 23, 50, tzinfo=UTC)

    assert due_at(moment, 15, hours, DUBAI) == datetime(2026, 3, 8, 0, 5, tzinfo=UTC)


def test_a_day_may_last_to_its_end():
    moment = datetime(2026, 3, 2, 23, 50, tzinfo=DUBAI)

    due = due_at(moment, 15, {"1": [("00:00", "24:00")]}, DUBAI)

    assert due.astimezone(DUBAI) == datetime(2026, 3, 9, 0, 5, tzinfo=DUBAI)


@pytest.mark.parametrize(
    ("evening", "expected"),
    [
        pytest.param((2026, 3, 28, 22), "2026-03-30 00:30", id="spring-night-has-five-hours"),
        pytest.param((2026, 10, 24, 22), "2026-10-25 04:30", id="autumn-night-has-seven-hours"),
    ],
)
def test_the_minutes_are_real_ones_when_the_clocks_change(evening, expected):
    moment = datetime(*evening, tzinfo=BERLIN)

    due = due_at(moment, 5 * 60 + 30, NIGHT, BERLIN)

    assert due.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M") == expected


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 3000),
    st.integers(1, 3000),
)
def test_more_minutes_are_due_later_and_never_early(moment, fewer, more):
    first, second = (due_at(moment, each, OFFICE, BERLIN) for each in (fewer, fewer + more))

    assert moment + timedelta(minutes=fewer) <= first < second
