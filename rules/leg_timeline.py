"""The course of a call as spans of time: whose phone rang when, who talked how long, who handed
the client over to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise
from typing import Any

from rules.call_times import ENDS
from rules.events import Event
from rules.material import moment_of
from rules.members import employee_of, seconds_of
from rules.times import EARLIEST
from rules.vocabulary import EventKind


class SpanKind(StrEnum):
    """DIAL: the employee waits until the client picks up."""

    RING = "ring"
    DIAL = "dial"
    TALK = "talk"


OPENED_BY = {
    EventKind.WAITING_ANSWER: SpanKind.RING,
    EventKind.OUTGOING_CALL: SpanKind.DIAL,
    EventKind.TALK_STARTED: SpanKind.TALK,
}


@dataclass(frozen=True)
class Span:
    """What one employee's line did, from `start` to `stop`. `is_open`: it still does."""

    kind: SpanKind
    employee_id: str
    start: datetime
    stop: datetime
    is_open: bool = False

    @property
    def seconds(self) -> int:
        return max(0, round((self.stop - self.start).total_seconds()))


@dataclass(frozen=True)
class Handover:
    at: datetime
    from_employee: str
    to_employee: str


@dataclass(frozen=True)
class Timeline:
    """`is_estimated`: nobody told the moments, only who and how long."""

    start: datetime
    stop: datetime
    spans: tuple[Span, ...]
    is_estimated: bool = False

    @property
    def employees(self) -> tuple[str, ...]:
        """In the order in which they came into the call."""
        return tuple(dict.fromkeys(span.employee_id for span in self.spans))

    @property
    def handovers(self) -> tuple[Handover, ...]:
        """One employee talked, and then another."""
        talks = [span for span in self.spans if span.kind is SpanKind.TALK]
        return tuple(
            Handover(then.start, first.employee_id, then.employee_id)
            for first, then in pairwise(talks)
            if first.employee_id != then.employee_id
        )

    def share(self, at: datetime, of: int = 1000) -> int:
        """Where a moment lies between start and stop, from 0 to `of`."""
        whole = (self.stop - self.start).total_seconds()
        if whole <= 0:
            return 0
        return max(0, min(of, round((at - self.start).total_seconds() / whole * of)))


@dataclass
class _Lines:
    """The lines of the employees while the events are gone through."""

    open: dict[str, tuple[SpanKind, datetime]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)

    def begin(self, kind: SpanKind, employee: str, at: datetime) -> None:
        if self.open.get(employee, (None, at))[0] is kind:
            return
        self.end(employee, at)
        self.open[employee] = (kind, at)
        if kind is SpanKind.TALK:  # when somebody picks up, the other phones stop
            ringing = [who for who, (what, _) in self.open.items() if what is SpanKind.RING]
            for other in ringing:
                self.end(other, at)

    def end(self, employee: str, at: datetime, *, is_open: bool = False) -> None:
        if employee in self.open:
            kind, start = self.open.pop(employee)
            self.spans.append(Span(kind, employee, start, max(start, at), is_open))

    def end_all(self, at: datetime, *, is_open: bool = False) -> None:
        for employee in list(self.open):
            self.end(employee, at, is_open=is_open)

    def talked(self, employee: str, at: datetime, seconds: int | None) -> None:
        """A talk has ended; without a begin its length tells it."""
        if self.open.get(employee, (None, at))[0] is SpanKind.TALK:
            self.end(employee, at)
        elif not any(_is_same_talk(span, employee, at) for span in self.spans):
            self.end(employee, at - timedelta(seconds=seconds or 0))
            start = at - timedelta(seconds=seconds or 0)
            self.spans.append(Span(SpanKind.TALK, employee, start, at))


def timeline_of(
    events: Iterable[Event],
    *,
    zone: tzinfo,
    employee_by_email: Mapping[str, str],
    started_at: datetime,
    ended_at: datetime | None,
    now: datetime,
) -> Timeline | None:
    """The timeline as the notifications tell it; None if they name nobody. Pure; any order."""
    timed = [(moment_of(event, zone), event) for event in events]
    timed.sort(key=lambda each: (each[0], each[1].key))
    lines, over = _Lines(), ended_at
    for at, event in timed:
        if at <= EARLIEST or (over is not None and at > over + timedelta(hours=1)):
            continue
        _apply(lines, event, at, employee_of(event, employee_by_email))
    lines.end_all(over or max(now, started_at), is_open=over is None)
    if not lines.spans:
        return None
    spans = tuple(sorted(lines.spans, key=lambda span: (span.start, span.stop, span.employee_id)))
    start = min(started_at, spans[0].start)
    stop = max([span.stop for span in spans] + ([over] if over else []))
    return Timeline(start, stop, spans)


def timeline_of_facts(
    stored: Mapping[str, Any], started_at: datetime, ended_at: datetime | None
) -> Timeline | None:
    """What the stored facts allow to say: who and how long, the moments one after the other."""
    waited = timedelta(seconds=stored.get("wait_seconds") or 0)
    talks = [talk for talk in stored.get("talks") or () if talk.get("seconds")]
    at, spans = started_at + waited, []
    if waited:
        rung = dict.fromkeys([*(stored.get("rung") or ()), *(t["employee_id"] for t in talks[:1])])
        spans = [Span(SpanKind.RING, each, started_at, at) for each in rung]
    for talk in talks:
        until = at + timedelta(seconds=talk["seconds"])
        spans.append(Span(SpanKind.TALK, talk["employee_id"], at, until))
        at = until
    if not spans:
        return None
    stop = max([span.stop for span in spans] + ([ended_at] if ended_at else []))
    return Timeline(started_at, stop, tuple(spans), is_estimated=True)


def _apply(lines: _Lines, event: Event, at: datetime, employee: str | None) -> None:
    if event.kind in ENDS:
        lines.end_all(at)
    elif employee is None:
        return
    elif event.kind in OPENED_BY:
        lines.begin(OPENED_BY[EventKind(event.kind)], employee, at)
    elif event.kind == EventKind.TALK_FINISHED:
        lines.talked(employee, at, seconds_of(event.members, "talk_time_duration"))
    elif event.kind == EventKind.LEG_FINISHED:
        lines.end(employee, at)


def _is_same_talk(span: Span, employee: str, at: datetime) -> bool:
    """It was closed a moment before its own end was told."""
    is_near = abs(span.stop - at) <= timedelta(seconds=2)
    return span.kind is SpanKind.TALK and span.employee_id == employee and is_near
