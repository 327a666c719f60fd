"""The figures of the overview: a period, counts of its calls, and how they are put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from rules.periods import DAYS, PeriodWord, period_of
from rules.vocabulary import MADE, Direction, Entity, Outcome

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Span:
    """A period and the equal one before it, which ends at the same time of day. All in UTC."""

    period: PeriodWord
    start: datetime
    until: datetime
    now: datetime
    before: datetime
    before_until: datetime
    # Where the columns of the charts begin: hours of today, else days.
    columns: tuple[datetime, ...]

    def column_of(self, hour: int) -> int:
        """The column in which the hour number `hour` from the start lies."""
        at = self.start + hour * HOUR
        return max(sum(begin <= at for begin in self.columns) - 1, 0)


def span_of(word: PeriodWord, now: datetime, zone: str) -> Span:
    """The span of a period at the moment `now`, as the list of calls understands it. Days are
    those of `zone`, also when its clocks change."""
    whole = period_of(word, None, None, zone=zone, now=now)
    assert whole.since and whole.until
    days, local = DAYS[word], now.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if word is PeriodWord.TODAY:
        columns = _hours(whole.since, whole.until)
    else:
        columns = tuple(_days_before(midnight, day) for day in range(days - 1, -1, -1))
    return Span(
        word,
        whole.since,
        whole.until,
        now.astimezone(UTC),
        _days_before(midnight, 2 * days - 1),
        _days_before(local, days),
        columns,
    )


@dataclass(frozen=True)
class Row:
    """So many calls that are alike in what `kind` tells; the other members are open."""

    kind: str
    is_now: bool
    number: int | None
    word: str | None
    other: str | None
    count: int


@dataclass(frozen=True)
class Spread:
    """How values lie: the middle one, and the one that 95 of 100 do not exceed; None of nothing."""

    count: int = 0
    median: int | None = None
    p95: int | None = None


@dataclass(frozen=True)
class Counts:
    """How many calls of each sort. `lost` and `answered` are incoming ones."""

    all: int = 0
    incoming: int = 0
    outgoing: int = 0
    answered: int = 0
    lost: int = 0
    written: int = 0
    failed: int = 0
    made: Mapping[str, int] = field(default_factory=dict)
    wait: Spread = Spread()  # seconds until somebody answered
    delay: Spread = Spread()  # tenths of a second from the call's end until all stood in the CRM

    @property
    def lost_share(self) -> float | None:
        """Of the incoming calls of which it is known; None without any."""
        known = self.answered + self.lost
        return self.lost / known if known else None


@dataclass(frozen=True)
class Column:
    """One hour or day: its calls by outcome ("" while nobody knows), and the incoming ones."""

    begin: datetime
    outcomes: Mapping[str, int]
    answered: int
    lost: int

    @property
    def count(self) -> int:
        return sum(self.outcomes.values())

    @property
    def lost_share(self) -> float | None:
        known = self.answered + self.lost
        return self.lost / known if known else None


@dataclass(frozen=True)
class Group:
    """The calls of one employee or source; an empty `key` is "nobody" or "none". `sort` tells a
    campaign from a virtual number."""

    key: str
    sort: str
    count: int
    answered: int = 0
    lost: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Figures:
    span: Span
    now: Counts
    before: Counts
    columns: tuple[Column, ...]
    employees: tuple[Group, ...]
    sources: tuple[Group, ...]


def figures_of(span: Span, rows: Iterable[Row]) -> Figures:
    """Put grouped counts together. All rows stem from one look at the same calls, so that each
    grouping adds up to the same total."""
    known = list(rows)
    here = [row for row in known if row.is_now]
    return Figures(
        span,
        _counts(here),
        _counts([row for row in known if not row.is_now]),
        _columns(span, here),
        _groups(row for row in here if row.kind == "employee"),
        _groups(row for row in here if row.kind == "source"),
    )


def spread_of(values: Mapping[int, int]) -> Spread:
    """Of value -> how often: the median (rounded), and the nearest-rank 95th percentile."""
    count = sum(values.values())
    if not count:
        return Spread()
    middle = (_ranked(values, (count + 1) // 2) + _ranked(values, count // 2 + 1)) / 2
    return Spread(count, round(middle), _ranked(values, ceil(count * 0.95)))


def _ranked(values: Mapping[int, int], rank: int) -> int:
    passed = 0
    for value in sorted(values):
        passed += values[value]
        if passed >= rank:
            return value
    raise AssertionError("no rank is higher than the count")


def _counts(rows: list[Row]) -> Counts:
    calls = [row for row in rows if row.kind in ("hour", "sort")]
    states = Counter[str | None]()
    made = Counter[str]()
    spreads: dict[str, Counter[int]] = {"wait": Counter(), "delay": Counter()}
    for row in rows:
        if row.kind == "state":
            states[row.word] += row.count
        elif row.kind == "made":
            made.update({kind: row.count for kind, bit in MADE.items() if (row.number or 0) & bit})
        elif row.kind in spreads:
            # A clock that runs ahead can end a call after it was written: that is at once.
            spreads[row.kind][max(row.number or 0, 0)] += row.count
    return Counts(
        all=sum(row.count for row in calls),
        incoming=_sum(calls, Direction.INBOUND),
        outgoing=_sum(calls, Direction.OUTBOUND),
        answered=_sum(calls, Direction.INBOUND, Outcome.ANSWERED),
        lost=_sum(calls, Direction.INBOUND, Outcome.LOST),
        written=states["written"],
        failed=states["failed"],
        made={kind: made[kind] for kind in Entity},
        wait=spread_of(spreads["wait"]),
        delay=spread_of(spreads["delay"]),
    )


def _sum(rows: Iterable[Row], direction: str, outcome: str | None = None) -> int:
    fitting = (row for row in rows if row.word == direction)
    return sum(row.count for row in fitting if outcome is None or row.other == outcome)


def _columns(span: Span, rows: list[Row]) -> tuple[Column, ...]:
    by_column: list[list[Row]] = [[] for _ in span.columns]
    for row in rows:
        if row.kind == "hour":
            by_column[span.column_of(row.number or 0)].append(row)
    return tuple(
        _column(begin, inside) for begin, inside in zip(span.columns, by_column, strict=True)
    )


def _column(begin: datetime, rows: list[Row]) -> Column:
    outcomes = Counter[str]()
    for row in rows:
        outcomes[row.other or ""] += row.count
    return Column(
        begin,
        outcomes,
        answered=_sum(rows, Direction.INBOUND, Outcome.ANSWERED),
        lost=_sum(rows, Direction.INBOUND, Outcome.LOST),
    )


def _groups(rows: Iterable[Row]) -> tuple[Group, ...]:
    """The largest first; what has no name last. `number` tells the sort, `other` the outcome."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        key = (row.word or "", "campaign" if row.number else "number" if row.word else "")
        counts.setdefault(key, Counter())[row.other or ""] += row.count
    groups = [
        Group(
            key,
            sort,
            by.total(),
            by[Outcome.ANSWERED],
            by[Outcome.LOST],
            by[Outcome.FAILED],
        )
        for (key, sort), by in counts.items()
    ]
    return tuple(sorted(groups, key=lambda group: (not group.key, -group.count, group.key)))


def _hours(start: datetime, until: datetime) -> tuple[datetime, ...]:
    """Every hour of the day, also those to come: a day always looks the same."""
    return tuple(start + hour * HOUR for hour in range(ceil((until - start) / HOUR)))


def _days_before(local: datetime, days: int) -> datetime:
    """The same time of day so many days before, in UTC: there differences are real hours, also
    over a night in which the clocks change."""
    return (local - timedelta(days=days)).astimezone(UTC)
