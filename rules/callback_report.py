"""What became of the promises to call back: by day and by employee."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from statistics import median

from rules.callbacks import DISMISSED


@dataclass(frozen=True)
class Promise:
    """A call-back as the report counts it; it belongs to the day on which it was opened."""

    opened_at: datetime
    due_at: datetime
    rung: tuple[str, ...]
    closed_how: str | None
    closed_at: datetime | None
    closed_by: str | None
    working_seconds: int | None

    @property
    def is_reached(self) -> bool:
        return self.closed_how is not None and self.closed_how != DISMISSED


@dataclass(frozen=True)
class Figures:
    """`promised` = `reached` + `dismissed` + `open`. `seconds`: the median of working time until
    the client was reached, None if none was; `in_time`: reached before it was due."""

    promised: int
    reached: int
    in_time: int
    dismissed: int
    open: int
    seconds: int | None

    @property
    def never(self) -> int:
        return self.promised - self.reached


@dataclass(frozen=True)
class OfEmployee:
    """`rang`: promises in which his phone had rung, `never`: of these nobody reached the client.
    `reached`: clients whom he himself reached, `seconds` the median of that."""

    employee_id: str
    rang: int
    never: int
    reached: int
    seconds: int | None


@dataclass(frozen=True)
class Report:
    total: Figures
    days: tuple[tuple[date, Figures], ...]
    employees: tuple[OfEmployee, ...]


def report_of(promises: Iterable[Promise], zone: tzinfo) -> Report:
    """The report of these promises; days in the office's zone, the latest first. Pure, total."""
    found = list(promises)
    by_day: dict[date, list[Promise]] = defaultdict(list)
    for promise in found:
        by_day[promise.opened_at.astimezone(zone).date()].append(promise)
    days = tuple((day, _figures(by_day[day])) for day in sorted(by_day, reverse=True))
    return Report(_figures(found), days, _employees(found))


def _figures(promises: Sequence[Promise]) -> Figures:
    reached = [each for each in promises if each.is_reached]
    return Figures(
        promised=len(promises),
        reached=len(reached),
        in_time=sum(
            each.closed_at is not None and each.closed_at <= each.due_at for each in reached
        ),
        dismissed=sum(each.closed_how == DISMISSED for each in promises),
        open=sum(each.closed_how is None for each in promises),
        seconds=_median(reached),
    )


def _employees(promises: Sequence[Promise]) -> tuple[OfEmployee, ...]:
    """Who reached most stands first."""
    rang: dict[str, list[Promise]] = defaultdict(list)
    reached: dict[str, list[Promise]] = defaultdict(list)
    for promise in promises:
        for employee_id in promise.rung:
            rang[employee_id].append(promise)
        if promise.is_reached and promise.closed_by:
            reached[promise.closed_by].append(promise)
    found = [
        OfEmployee(
            each,
            rang=len(rang[each]),
            never=sum(not promise.is_reached for promise in rang[each]),
            reached=len(reached[each]),
            seconds=_median(reached[each]),
        )
        for each in sorted({*rang, *reached})
    ]
    return tuple(sorted(found, key=lambda one: (-one.reached, -one.rang, one.employee_id)))


def _median(promises: Sequence[Promise]) -> int | None:
    told = [each.working_seconds for each in promises if each.working_seconds is not None]
    return round(median(told)) if told else None
