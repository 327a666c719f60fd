from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.times import read_time

DUBAI = ZoneInfo("Asia/Dubai")
MOMENT = datetime(2026, 3, 1, 10, 40, 47, tzinfo=UTC)
WITH_MILLISECONDS = MOMENT.replace(microsecond=234000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2026-03-01 14:40:47", MOMENT, id="text"),
        pytest.param("2026-03-01 14:40:47.234", WITH_MILLISECONDS, id="milliseconds"),
        pytest.param(" 2026-03-01T14:40:47 ", MOMENT, id="iso"),
        pytest.param("2026-03-01T10:40:47Z", MOMENT, id="utc"),
        pytest.param("2026-03-01T13:40:47+03:00", MOMENT, id="offset"),
        pytest.param(1772361647, MOMENT, id="epoch"),
        pytest.param("1772361647", MOMENT, id="epoch-as-text"),
        pytest.param(1772361647234, WITH_MILLISECONDS, id="epoch-in-milliseconds"),
        pytest.param("1772361647234", WITH_MILLISECONDS, id="epoch-in-milliseconds-as-text"),
        pytest.param(1772361647.0, MOMENT, id="epoch-with-fraction"),
        pytest.param("2026", None, id="a-year"),
        pytest.param("20260301", None, id="a-day-that-looks-like-an-epoch"),
        pytest.param("14:40:47", None, id="only-a-clock"),
        pytest.param("0001-01-01 00:00:00", None, id="the-first-day-of-all"),
        pytest.param("9999-12-31 23:59:59", None, id="the-last-day-of-all"),
        pytest.param("01.03.2026", None, id="another-order"),
        pytest.param("soon", None, id="a-word"),
        pytest.param("", None, id="empty"),
        pytest.param("nan", None, id="no-number"),
        pytest.param("inf", None, id="endless"),
        pytest.param(True, None, id="a-flag"),
        pytest.param(None, None, id="absent"),
        pytest.param(["2026-03-01"], None, id="a-list"),
    ],
)
def test_time_of_the_pbx(value, expected):
    assert read_time(value, DUBAI) == expected


def test_the_zone_of_the_account_counts():
    assert read_time("2026-03-01 13:40:47", ZoneInfo("Europe/Moscow")) == MOMENT


@given(st.one_of(st.text(), st.integers(), st.floats(), st.datetimes().map(str), st.none()))
def test_anything_gives_a_time_of_our_days_or_none(value):
    moment = read_time(value, DUBAI)

    assert moment is None or 2000 <= moment.year < 2100
