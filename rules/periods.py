"""The period of a list or a figure: whole days of an office, from the first moment to the last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

EARLIEST_DAY, LATEST_DAY = date(2000, 1, 1), date(2999, 12, 31)


class PeriodWord(StrEnum):
    """A number counts today and the days before it."""

    TODAY = "today"
    WEEK = "7"
    MONTH = "30"


DAYS = {PeriodWord.TODAY: 1, PeriodWord.WEEK: 7, PeriodWord.MONTH: 30}


@dataclass(frozen=True)
class Period:
    """From `since` until just before `until`, in UTC; None leaves that end open."""

    since: datetime | None = None
    until: datetime | None = None


def read_day(text: str | None) -> date | None:
    """`YYYY-MM-DD` as a day; None for anything else, and for years that no office has seen."""
    try:
        day = date.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return day if EARLIEST_DAY <= day <= LATEST_DAY else None


def period_of(
    word: str, first: date | None, last: date | None, *, zone: str, now: datetime
) -> Period:
    """Two named days win over a word; they may stand in the wrong order. Ends are midnights of
    the office, also on days of 23 and 25 hours."""
    if first and last and last < first:
        first, last = last, first
    if word in DAYS and not (first or last):
        last = now.astimezone(ZoneInfo(zone)).date()
        first = last - timedelta(days=DAYS[PeriodWord(word)] - 1)
    return Period(
        since=_midnight(first, zone) if first else None,
        until=_midnight(last + timedelta(days=1), zone) if last else None,
    )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)
