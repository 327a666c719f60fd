"""Who talked in a call: first, last, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rules.material import Material, Timed
from rules.members import LONGEST_SECONDS, employee_of, flag_of, seconds_of, text_of
from rules.times import EARLIEST
from rules.vocabulary import EventKind

TALK_EVENTS = (EventKind.TALK_STARTED, EventKind.TALK_FINISHED)
TALK_WORDS = ("first_talked_", "last_talked_")
# Durations are told in whole seconds.
ROUNDING = timedelta(seconds=1)


@dataclass(frozen=True)
class Talk:
    """One employee's talk with the client; `seconds` is the sum over his talks, if told."""

    employee_id: str
    first_at: datetime
    last_at: datetime
    seconds: int | None = None


@dataclass(frozen=True)
class Talks:
    """`is_talk`: some sign of a talk. `is_answered`: somebody talked, by `is_lost` where the PBX
    told it, else by any sign of a talk."""

    is_talk: bool
    is_answered: bool
    is_transfer: bool
    is_first_known: bool
    answered_by: str | None
    finished_by: str | None
    answered_at: datetime | None
    talks: tuple[Talk, ...]


def fold_talks(material: Material) -> Talks:
    """Who talked: answered_by is the employee who first talked, finished_by the one who talked
    last; where the PBX says either itself (`first_talked_*`, `last_talked_*`), its word counts."""
    report, members = material.report, material.members
    talks = _talks(material)
    is_talk = _is_talk(material)
    lost = flag_of(members, "is_lost")
    if lost is None and report.finished_at is not None:
        lost = report.is_lost
    is_answered = is_talk if lost is None else not lost
    told_first = _told(material, "first_talked") or report.first_talked_employee_id
    told_last = _told(material, "last_talked") or report.last_talked_employee_id
    last = told_last or _last(talks) or (_of_the_end(material) if is_answered else None)
    first = told_first or (talks[0].employee_id if talks else None)
    return Talks(
        is_talk=is_talk,
        is_answered=is_answered,
        is_transfer=flag_of(members, "is_transfer") is True or bool(report.is_transfer),
        is_first_known=first is not None,
        # Without a transfer the last talker is the only one. After a transfer of which nobody
        # told the first talker, he is the last resort once the report was read.
        answered_by=first or last,
        finished_by=last,
        answered_at=min(
            (talk.first_at for talk in talks if talk.first_at > EARLIEST), default=None
        ),
        talks=talks,
    )


def with_named(
    talks: tuple[Talk, ...], first: str | None, others: Iterable[str], between: tuple[datetime, ...]
) -> tuple[Talk, ...]:
    """Also those who talked without a talk event of their own: `first` before the known ones, the
    `others` after them. `between` are the start and the end of the call."""
    known = {talk.employee_id for talk in talks}
    before = [first] if first and first not in known else []
    after = [each for each in dict.fromkeys(others) if each not in known and each != first]
    return (
        *(Talk(each, between[0], between[0]) for each in before),
        *talks,
        *(Talk(each, between[-1], between[-1]) for each in after),
    )


def _talks(material: Material) -> tuple[Talk, ...]:
    found: dict[str, list[Talk]] = {}
    for at, event in material.of_kind(*TALK_EVENTS):
        employee = employee_of(event, material.around.employee_by_email)
        if employee is not None:
            seconds = _length(event.members) if event.kind == EventKind.TALK_FINISHED else None
            began = at - timedelta(seconds=seconds or 0)
            found.setdefault(employee, []).append(Talk(employee, began, at, seconds))
    talks = [_joined(employee, parts) for employee, parts in found.items()]
    # The employee breaks a tie, so that the order never depends on the order of arrival.
    return tuple(sorted(talks, key=lambda talk: (talk.first_at, talk.employee_id)))


def _length(members: Mapping[str, object]) -> int | None:
    seconds = seconds_of(members, "talk_time_duration")  # type: ignore[arg-type]
    return None if seconds is None else min(seconds, LONGEST_SECONDS)


def _joined(employee: str, parts: list[Talk]) -> Talk:
    """All talks of one employee as one. He cannot talk twice at a time: of talks that overlap, one
    was told twice, and the later word counts."""
    finished: list[Talk] = []
    for part in (part for part in parts if part.seconds is not None):
        while finished and part.first_at + ROUNDING < finished[-1].last_at:
            finished.pop()
        finished.append(part)
    began = min(part.first_at for part in parts)
    # A started talk is told to the millisecond, the length of a finished one is rounded.
    exact = [part.first_at for part in parts if part.seconds is None]
    return Talk(
        employee,
        min((at for at in exact if at <= began + ROUNDING), default=began),
        max(part.last_at for part in parts),
        sum(part.seconds or 0 for part in finished) if finished else None,
    )


def _is_talk(material: Material) -> bool:
    report, members = material.report, material.members
    return (
        bool(material.of_kind(*TALK_EVENTS))
        or bool(seconds_of(members, "talk_time_duration"))
        or any(name.startswith(TALK_WORDS) for name in members)
        or bool(report.first_talked_employee_id or report.last_talked_employee_id)
        or bool(report.talk_seconds)
    )


def _told(material: Material, which: str) -> str | None:
    employee = text_of(material.members, f"{which}_employee_id")
    email = text_of(material.members, f"{which}_employee_email") or ""
    return employee or material.around.employee_by_email.get(email.strip().lower())


def _last(talks: tuple[Talk, ...]) -> str | None:
    latest = max(
        talks, key=lambda talk: (talk.last_at, talk.first_at, talk.employee_id), default=None
    )
    return latest.employee_id if latest else None


def _of_the_end(material: Material) -> str | None:
    ends: Timed = material.of_kind(EventKind.CALL_FINISHED)
    named = [employee_of(event, material.around.employee_by_email) for _, event in ends]
    return next((employee for employee in reversed(named) if employee), None)


def only_talk(talks: tuple[Talk, ...], seconds: int | None) -> tuple[Talk, ...]:
    """Where one employee talked and nobody told how long, he talked as long as the client."""
    if len(talks) != 1 or talks[0].seconds is not None:
        return talks
    return (replace(talks[0], seconds=seconds),)
