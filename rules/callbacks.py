"""The promise to call back: of all ended calls of one client, when it was open and what closed it.

A pure function of the *set* of calls (and of people's dismissals): whatever order they become known
in, the same episodes. A call counts at the moment it ended, so a talk that was still going on when
another call of the same client was missed has reached him.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from rules.formats import Regional, format_date, format_time
from rules.vocabulary import Direction, Outcome

DISMISSED = "dismissed"
REACHED: dict[str, str] = {
    "ru": "Связались с клиентом: {who}, {date} {time}.",
    "en": "The client was reached: {who}, {date} {time}.",
}
SOMEBODY = {"ru": "сотрудник не назван", "en": "the employee is not known"}


@dataclass(frozen=True)
class EndedCall:
    """A call between a client and the office that is over. `employee_id`: who talked first."""

    call_session_id: str
    ended_at: datetime
    phone: str
    direction: Direction
    outcome: Outcome | None
    talked_at: datetime | None = None
    employee_id: str | None = None
    rung: tuple[str, ...] = ()
    virtual_number: str | None = None

    @property
    def is_miss(self) -> bool:
        """A lost incoming call; one whose outcome nobody knows never is."""
        return self.direction is Direction.INBOUND and self.outcome is Outcome.LOST

    @property
    def is_talk(self) -> bool:
        is_outside = self.direction in (Direction.INBOUND, Direction.OUTBOUND)
        return is_outside and self.outcome is Outcome.ANSWERED


@dataclass(frozen=True)
class Dismissal:
    """A person has said that nobody needs to call back."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True)
class Episode:
    """One promise: opened by the first miss, open until somebody talks to the client. `closed_at`
    is when the talk began; `phone` the number that was missed last: the one to call."""

    misses: tuple[EndedCall, ...]
    closed_at: datetime | None = None
    reached: EndedCall | None = None
    dismissal: Dismissal | None = None

    @property
    def opened_at(self) -> datetime:
        return self.misses[0].ended_at

    @property
    def last_missed_at(self) -> datetime:
        return self.misses[-1].ended_at

    @property
    def phone(self) -> str:
        return self.misses[-1].phone

    @property
    def calls(self) -> list[str]:
        return [call.call_session_id for call in self.misses]

    @property
    def rung(self) -> list[str]:
        """Everybody whose phone rang, in the order of the calls."""
        return list(dict.fromkeys(each for call in self.misses for each in call.rung))

    @property
    def closed_how(self) -> str | None:
        """`inbound` or `outbound`: how the client was reached; or `dismissed`."""
        if self.reached:
            return str(self.reached.direction)
        return DISMISSED if self.dismissal else None


def episodes_of(
    calls: Iterable[EndedCall], dismissals: Iterable[Dismissal] = ()
) -> tuple[Episode, ...]:
    """The episodes of one client, the oldest first; at most the last one is open. Pure, total."""
    told = sorted(_steps(calls, dismissals), key=_order)
    return tuple(_episodes([step for _, step in told]))


def reached_line(who: str | None, at: datetime, regional: Regional) -> str:
    """What is added to the CRM's task when it is closed: who reached the client, and when."""
    text = REACHED.get(regional.locale, REACHED["ru"])
    nobody = SOMEBODY.get(regional.locale, SOMEBODY["ru"])
    return text.format(
        who=who or nobody, date=format_date(at, regional), time=format_time(at, regional)
    )


Step = EndedCall | Dismissal


def _steps(
    calls: Iterable[EndedCall], dismissals: Iterable[Dismissal]
) -> Iterator[tuple[datetime, Step]]:
    for call in {each.call_session_id: each for each in calls}.values():
        if call.is_miss or call.is_talk:
            yield call.ended_at, call
    for dismissal in set(dismissals):
        yield dismissal.at, dismissal


def _order(told: tuple[datetime, Step]) -> tuple[datetime, int, str]:
    """In one moment misses come first, then talks: no promise is opened and closed twice in it."""
    at, step = told
    if isinstance(step, Dismissal):
        return at, 2, step.by + step.why
    return at, 0 if step.is_miss else 1, step.call_session_id


def _episodes(steps: list[Step]) -> Iterator[Episode]:
    current: Episode | None = None
    for step in steps:
        if isinstance(step, EndedCall) and step.is_miss:
            earlier = current.misses if current else ()
            current = Episode((*earlier, step))
        elif current is not None:
            yield _closed(current, step)
            current = None
    if current is not None:
        yield current


def _closed(episode: Episode, step: Step) -> Episode:
    if isinstance(step, Dismissal):
        return replace(episode, dismissal=step, closed_at=step.at)
    began = step.talked_at or step.ended_at
    return replace(episode, reached=step, closed_at=max(began, episode.opened_at))
