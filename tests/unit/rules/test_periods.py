from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from rules.periods import period_of, read_day

ZONE = "Asia/Dubai"
NOW = datetime(2026, 3, 5, 21, 30, tzinfo=UTC)  # already 6 March there


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "first", "last", "since", "until"),
    [
        pytest.param("", None, None, None, None, id="all"),
        pytest.param("today", None, None, utc(2026, 3, 5, 20), utc(2026, 3, 6, 20), id="today"),
        pytest.param("7", None, None, utc(2026, 2, 27, 20), utc(2026, 3, 6, 20), id="week"),
        pytest.param("30", None, None, utc(2026, 2, 4, 20), utc(2026, 3, 6, 20), id="month"),
        pytest.param("9", None, None, None, None, id="no such word"),
        pytest.param("", date(2026, 3, 1), None, utc(2026, 2, 28, 20), None, id="from"),
        pytest.param("", None, date(2026, 3, 1), None, utc(2026, 3, 1, 20), id="till its end"),
        pytest.param(
            "today",
            date(2026, 3, 2),
            date(2026, 3, 1),
            utc(2026, 2, 28, 20),
            utc(2026, 3, 2, 20),
            id="days win, in any order",
        ),
    ],
)
def test_period(word, first, last, since, until):
    period = period_of(word, first, last, zone=ZONE, now=NOW)

    assert (period.since, period.until) == (since, until)


def test_day_on_which_the_clock_changes_is_whole():
    day = date(2026, 3, 29)

    period = period_of("", day, day, zone="Europe/Berlin", now=NOW)

    assert (period.until - period.since).total_seconds() == 23 * 3600


@pytest.mark.parametrize(
    "text", ["", None, "2026-13-01", "0001-01-01", "9999-12-31", "today", "🙂"]
)
def test_what_is_no_day(text):
    assert read_day(text) is None
