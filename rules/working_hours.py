"""Time that runs in working hours only: when minutes of it have passed, how much lies between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

Weekday = Literal["1", "2", "3", "4", "5", "6", "7"]  # from Monday on
# Spans from-till of each weekday, "HH:MM" in the integration's zone.
WorkingHours = Mapping[Weekday, Sequence[tuple[str, str]]]

WEEKDAYS: tuple[Weekday, ...] = ("1", "2", "3", "4", "5", "6", "7")
END_OF_DAY = "24:00"


def due_at(start: datetime, minutes: int, hours: WorkingHours | None, zone: tzinfo) -> datetime:
    """The moment (UTC) when `minutes` of working time have passed since `start` (aware).

    Without hours, or with a week that has none, every minute counts. The minutes are real ones:
    a night in which the clocks change makes a span shorter or longer, never a promise.
    """
    left = timedelta(minutes=minutes)
    moment = start.astimezone(UTC)
    if not hours or not any(hours.values()):
        return moment + left
    for opens, closes in _spans(moment, hours, zone):
        begin = max(opens, moment)
        if closes - begin >= left:
            return begin + left
        left -= max(closes - begin, timedelta(0))
        moment = max(moment, closes)
    raise AssertionError("the spans of a week with working time never end")


def seconds_between(
    start: datetime, end: datetime, hours: WorkingHours | None, zone: tzinfo
) -> int:
    """How many whole seconds of working time lie between two moments (aware); 0 if none do.

    Without hours, or with a week that has none, every second counts.
    """
    begin, until = start.astimezone(UTC), end.astimezone(UTC)
    if not hours or not any(hours.values()):
        return max(0, int((until - begin).total_seconds()))
    worked = timedelta(0)
    for opens, closes in _spans(begin, hours, zone):
        if opens >= until:
            return int(worked.total_seconds())
        worked += max(min(closes, until) - max(opens, begin), timedelta(0))
    raise AssertionError("the spans of a week with working time never end")


def minutes_of(text: str) -> int:
    """`09:30` as minutes of the day; `24:00` is the end of it."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _spans(
    moment: datetime, hours: WorkingHours, zone: tzinfo
) -> Iterator[tuple[datetime, datetime]]:
    """The working spans from the day of `moment` on, in UTC, without end."""
    day = moment.astimezone(zone).date()
    while True:
        for opens, closes in sorted(hours.get(WEEKDAYS[day.weekday()], ())):
            yield _at(day, opens, zone), _at(day, closes, zone)
        day += timedelta(days=1)


def _at(day: date, text: str, zone: tzinfo) -> datetime:
    if text == END_OF_DAY:
        return _at(day + timedelta(days=1), "00:00", zone)
    local = datetime.combine(day, time.fromisoformat(text), tzinfo=zone)
    # A time that the clocks skip is read with the offset before the change: one hour later.
    return local.astimezone(UTC)
