from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.figures import Row, figures_of, span_of, spread_of
from rules.periods import PeriodWord

NOON = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)  # noon in Dubai


def test_today_is_compared_with_yesterday_till_the_same_time():
    span = span_of(PeriodWord.TODAY, NOON, "Asia/Dubai")

    assert span.start == datetime(2026, 3, 4, 20, 0, tzinfo=UTC)
    assert (span.before, span.before_until) == (
        span.start - timedelta(days=1),
        NOON - timedelta(days=1),
    )
    assert len(span.columns) == 24


def test_week_is_compared_with_the_week_before():
    span = span_of(PeriodWord.WEEK, NOON, "Asia/Dubai")

    assert len(span.columns) == 7
    assert span.columns[0] == span.start
    assert span.before == span.start - timedelta(days=7)
    assert span.before_until == NOON - timedelta(days=7)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_days_are_those_of_the_zone_when_its_clocks_change(zone):
    span = span_of(PeriodWord.MONTH, datetime(2026, 4, 5, 12, tzinfo=UTC), zone)
    hours = [
        (b - a) / timedelta(hours=1) for a, b in zip(span.columns, span.columns[1:], strict=False)
    ]

    assert sorted(set(hours)) == [23, 24]
    changed = hours.index(23)
    first_hour_of_next = sum(hours[: changed + 1])
    assert span.column_of(int(first_hour_of_next)) == changed + 1
    assert span.column_of(int(first_hour_of_next) - 1) == changed


@given(st.lists(st.integers(0, 50), min_size=1))
def test_spread_is_that_of_the_sorted_values(values):
    counted = {value: values.count(value) for value in set(values)}
    found, ranked = spread_of(counted), sorted(values)

    assert found.median == round(median(values))
    assert found.p95 == ranked[-(-len(values) * 95 // 100) - 1]


def test_nothing_has_no_spread():
    assert spread_of({}).median is None


def test_share_of_nothing_is_unknown():
    assert figures_of(span_of(PeriodWord.TODAY, NOON, "UTC"), []).now.lost_share is None


def test_what_has_no_name_comes_last():
    rows = [
        Row("employee", True, None, None, "lost", 9),
        Row("employee", True, None, "101", "answered", 3),
        Row("employee", True, None, "102", "answered", 4),
        Row("employee", True, None, "101", "lost", 2),
    ]
    groups = figures_of(span_of(PeriodWord.TODAY, NOON, "UTC"), rows).employees

    assert [(group.key, group.count) for group in groups] == [("101", 5), ("102", 4), ("", 9)]
