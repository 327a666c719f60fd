"""What may be said of a day, from counts and from what was compared."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.accounting import (
    Compared,
    Standing,
    Tally,
    account_of,
    add_up,
    compared_till,
    last_days,
    span_of_day,
)

DAY = span_of_day(date(2026, 3, 4), "Asia/Dubai")
LONG_AGO = DAY.start - timedelta(days=90)
AFTER = DAY.until + timedelta(hours=5)
NOON = DAY.start + timedelta(hours=12)
WHOLE = Compared(((LONG_AGO, DAY.until),))
ALL_THERE = Tally(written=200, skipped=12, in_report=212)
SOME_OPEN = Tally(written=200, skipped=9, waiting=2, failed=1)


def account(tally=ALL_THERE, kept=None, compared=WHOLE, since=LONG_AGO, now=AFTER):
    return account_of(DAY, tally, kept, compared, since=since, now=now)


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        pytest.param({}, Standing.COMPLETE, id="all-there"),
        pytest.param({"tally": Tally()}, Standing.COMPLETE, id="no-calls"),
        pytest.param({"now": NOON}, Standing.GOING_ON, id="today"),
        pytest.param({"tally": SOME_OPEN}, Standing.OPEN, id="some-open"),
        pytest.param({"compared": Compared()}, Standing.NOT_COMPARED, id="never-compared"),
        pytest.param(
            {"compared": Compared(((LONG_AGO, NOON),))}, Standing.NOT_COMPARED, id="till-noon"
        ),
        pytest.param(
            {"compared": Compared(((NOON, AFTER),))}, Standing.NOT_COMPARED, id="from-noon"
        ),
        pytest.param(
            {"compared": Compared(((NOON, AFTER),)), "since": NOON},
            Standing.COMPLETE,
            id="made-at-noon",
        ),
        pytest.param(
            {"compared": Compared(((NOON, AFTER), (DAY.start, NOON)))},
            Standing.COMPLETE,
            id="two-stretches",
        ),
        pytest.param(
            {"compared": Compared(), "kept": ALL_THERE}, Standing.COMPLETE, id="compared-and-kept"
        ),
        pytest.param(
            {"tally": SOME_OPEN, "compared": Compared()},
            Standing.NOT_COMPARED,
            id="open-and-not-compared",
        ),
    ],
)
def test_only_a_compared_day_without_rest_is_complete(changes, standing):
    assert account(**changes).standing is standing


def test_how_far_a_day_was_compared_is_told():
    assert account(compared=Compared(((LONG_AGO, NOON),))).compared_till == NOON
    assert account(compared=Compared()).compared_till is None


def test_counts_survive_the_calls():
    erased = account(tally=Tally(written=3), kept=ALL_THERE)
    more = account(tally=Tally(written=213), kept=ALL_THERE)

    assert (erased.tally, erased.is_kept) == (ALL_THERE, True)
    assert (more.tally.calls, more.is_kept) == (213, False)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 29), 23, id="spring"),
        pytest.param(date(2026, 10, 25), 25, id="autumn"),
        pytest.param(date(2026, 6, 1), 24, id="summer"),
    ],
)
def test_day_is_from_midnight_to_midnight(day, hours):
    span = span_of_day(day, "Europe/Berlin")

    assert span.until - span.start == timedelta(hours=hours)


def test_days_go_back_to_the_making_of_the_integration():
    now = datetime(2026, 3, 5, 21, 30, tzinfo=UTC)  # already the 6th in Dubai

    days = [span.day for span in last_days(now, "Asia/Dubai", now - timedelta(days=1))]

    assert days == [date(2026, 3, 6), date(2026, 3, 5)]
    assert len(last_days(now, "Asia/Dubai", LONG_AGO)) == 30


MINUTES = st.integers(0, 40)


@given(st.lists(st.tuples(MINUTES, MINUTES), max_size=8), st.integers(0, 20), st.integers(21, 40))
def test_reach_is_the_first_minute_that_no_stretch_covers(pairs, start, until):
    def at(minute):
        return DAY.start + timedelta(minutes=minute)

    stretches = [(at(min(pair)), at(max(pair))) for pair in pairs]
    covered = {minute for low, high in map(sorted, pairs) for minute in range(low, high)}
    first = next(minute for minute in range(start, 100) if minute not in covered)

    expected = None if first == start else at(min(first, until))
    assert compared_till(stretches, at(start), at(until)) == expected


def test_rows_add_up():
    day, other = date(2026, 3, 4), date(2026, 3, 5)
    rows = [
        (day, "written", True, False, 5),
        (day, "written", False, False, 2),
        (day, "failed", True, True, 1),
        (other, "waiting", False, False, 3),
    ]

    found = add_up(rows)

    assert found[day] == Tally(written=7, failed=1, in_report=6, from_report=1)
    assert (found[day].calls, found[day].accounted, found[day].not_in_report) == (8, 7, 2)
    assert (found[other].rest, found[other].accounted) == (3, 0)
