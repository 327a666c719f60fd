"""Every call accounted for: the days of an office, their counts, and what may be said of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAYS = 30


class Standing(StrEnum):
    """What may be said of a day; only the last one calls it complete."""

    GOING_ON = "going_on"  # it is not over
    NOT_COMPARED = "not_compared"  # not, or not wholly, compared with the calls report
    OPEN = "open"  # compared, but some calls wait or failed
    COMPLETE = "complete"


@dataclass(frozen=True)
class DaySpan:
    """A day of an office, from its midnight until the next, in UTC."""

    day: date
    start: datetime
    until: datetime


@dataclass(frozen=True)
class Tally:
    """The calls of a day, each in exactly one state; `in_report` of them were seen in the calls
    report, of `from_report` only the report told."""

    written: int = 0
    skipped: int = 0
    waiting: int = 0
    failed: int = 0
    in_report: int = 0
    from_report: int = 0

    @property
    def calls(self) -> int:
        return self.written + self.skipped + self.waiting + self.failed

    @property
    def accounted(self) -> int:
        """They are where they belong: in the CRM, or rightly not."""
        return self.written + self.skipped

    @property
    def rest(self) -> int:
        return self.waiting + self.failed

    @property
    def not_in_report(self) -> int:
        return self.calls - self.in_report


@dataclass(frozen=True)
class Compared:
    """What was compared with the calls report: stretches of time, and the code of the error that
    stopped it last ("" when all is well, "no_key" without a key of the PBX)."""

    stretches: Sequence[tuple[datetime, datetime]] = ()
    error: str = ""


@dataclass(frozen=True)
class Account:
    """One day. `compared_till`: so far it was compared without a gap; None if not at all.

    `is_kept`: calls of it were erased since, so these are the counts from when it was stored."""

    span: DaySpan
    tally: Tally
    standing: Standing
    compared_till: datetime | None
    is_kept: bool = False

    @property
    def is_complete(self) -> bool:
        return self.standing is Standing.COMPLETE


def span_of_day(day: date, zone: str) -> DaySpan:
    """From midnight to midnight, also where the clocks change in between."""
    midnights = (datetime.combine(each, time(), ZoneInfo(zone)) for each in (day, _after(day)))
    start, until = (each.astimezone(UTC) for each in midnights)
    return DaySpan(day, start, until)


def last_days(now: datetime, zone: str, since: datetime, *, days: int = DAYS) -> list[DaySpan]:
    """The last days up to today, newest first; none before that of `since`."""
    today, first = now.astimezone(ZoneInfo(zone)).date(), since.astimezone(ZoneInfo(zone)).date()
    wanted = (today - timedelta(days=back) for back in range(days))
    return [span_of_day(day, zone) for day in wanted if day >= min(first, today)]


def account_of(
    span: DaySpan,
    tally: Tally,
    kept: Tally | None,
    compared: Compared,
    *,
    since: datetime,
    now: datetime,
) -> Account:
    """What may be said of a day. `kept` are the counts that were stored when it had been compared;
    `since` is when the integration was made: nothing is looked for before."""
    is_erased = kept is not None and tally.calls < kept.calls
    shown = kept if kept is not None and is_erased else tally
    start = min(max(span.start, since), span.until)
    till = compared_till(compared.stretches, start, span.until)
    if kept is not None:
        till = span.until
    return Account(span, shown, _standing(span, shown, till, now), till, is_kept=is_erased)


def compared_till(
    stretches: Iterable[tuple[datetime, datetime]], start: datetime, until: datetime
) -> datetime | None:
    """How far from `start` the stretches reach without a gap, `until` at most."""
    reached = start
    for begin, end in sorted(stretches):
        if begin > reached:
            break
        reached = max(reached, end)
    if reached == start and start < until:
        return None
    return min(reached, until)


def add_up(rows: Iterable[tuple[date, str, bool, bool, int]]) -> Mapping[date, Tally]:
    """The tallies of days from rows of day, state, in the report, from it alone, and how many."""
    counts: dict[date, dict[str, int]] = {}
    for day, state, is_in, is_from, count in rows:
        of_day = counts.setdefault(day, {each.name: 0 for each in fields(Tally)})
        of_day[state] += count
        of_day["in_report"] += count if is_in else 0
        of_day["from_report"] += count if is_from else 0
    return {day: Tally(**of_day) for day, of_day in counts.items()}


def _standing(span: DaySpan, tally: Tally, till: datetime | None, now: datetime) -> Standing:
    if now < span.until:
        return Standing.GOING_ON
    if till is None or till < span.until:
        return Standing.NOT_COMPARED
    return Standing.OPEN if tally.rest else Standing.COMPLETE


def _after(day: date) -> date:
    return day + timedelta(days=1)
