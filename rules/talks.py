"""Who talked in a call: first, last, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rules.events import Event, Member
from rules.pbx import CallRow
from rules.vocabulary import EventKind

TALK_EVENTS = (EventKind.TALK_STARTED, EventKind.TALK_FINISHED)
TALK_WORDS = ("first_talked_", "last_talked_")


@dataclass(frozen=True)
class Talk:
    """One employee's talk with the client; `seconds` is the sum over his talks, if told."""

    employee_id: str
    first_at: datetime
    last_at: datetime
    seconds: int | None = None


@dataclass(frozen=True)
class Talks:
    is_talk: bool
    is_transfer: bool
    is_first_known: bool
    answered_by: str | None
    finished_by: str | None
    answered_at: datetime | None
    talks: tuple[Talk, ...]


def fold_talks(
    timed: Sequence[tuple[datetime, Event]],
    members: Mapping[str, Member],
    employee_by_email: Mapping[str, str],
    report: CallRow,
) -> Talks:
    """Who talked, from events in their order, the latest members and the report.

    answered_by is the employee who first talked, finished_by the one who talked last; where the
    PBX says either itself (`first_talked_*`, `last_talked_*`), its word counts.
    """
    talks = _talks(timed)
    is_talk = _is_talk(timed, members) or bool(
        report.first_talked_employee_id or report.last_talked_employee_id
    )
    told_first = _told(members, "first_talked", employee_by_email)
    told_first = told_first or report.first_talked_employee_id
    told_last = _told(members, "last_talked", employee_by_email) or report.last_talked_employee_id
    last = told_last or _last(timed, talks, is_talk)
    by_first = told_first or (talks[0].employee_id if talks else None)
    return Talks(
        is_talk=is_talk,
        is_transfer=members.get("is_transfer") is True or bool(report.is_transfer),
        is_first_known=by_first is not None,
        # Without a transfer the last talker is the only one. After a transfer of which nobody
        # told the first talker, he is the last resort once the report was read.
        answered_by=by_first or last,
        finished_by=last,
        answered_at=min((talk.first_at for talk in talks), default=None),
        talks=talks,
    )


def _talks(timed: Sequence[tuple[datetime, Event]]) -> tuple[Talk, ...]:
    found: dict[str, Talk] = {}
    for at, event in timed:
        employee = event.members.get("employee_id")
        if event.kind not in TALK_EVENTS or employee is None:
            continue
        seconds = _seconds(event)
        first_at = at - timedelta(seconds=seconds or 0)
        known = found.get(str(employee), Talk(str(employee), first_at, at))
        if seconds is not None:
            known = replace(known, seconds=(known.seconds or 0) + seconds)
        found[str(employee)] = replace(
            known, first_at=min(known.first_at, first_at), last_at=max(known.last_at, at)
        )
    # The employee breaks a tie, so that the order never depends on the order of arrival.
    return tuple(sorted(found.values(), key=lambda talk: (talk.first_at, talk.employee_id)))


def _seconds(event: Event) -> int | None:
    value = event.members.get("talk_time_duration")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if event.kind != EventKind.TALK_FINISHED or not is_number:
        return None
    return min(max(0, int(value)), 86_400)  # type: ignore[arg-type]


def _is_talk(timed: Sequence[tuple[datetime, Event]], members: Mapping[str, Member]) -> bool:
    if any(event.kind in TALK_EVENTS for _, event in timed):
        return True
    told = members.get("talk_time_duration")
    if isinstance(told, (int, float)) and told > 0:
        return True
    return any(name.startswith(TALK_WORDS) for name in members)


def _told(members: Mapping[str, Member], which: str, by_email: Mapping[str, str]) -> str | None:
    employee = members.get(f"{which}_employee_id")
    if employee is not None:
        return str(employee)
    return by_email.get(str(members.get(f"{which}_employee_email", "")).lower())


def _last(
    timed: Sequence[tuple[datetime, Event]], talks: tuple[Talk, ...], is_talk: bool
) -> str | None:
    if talks:
        return max(talks, key=lambda talk: (talk.last_at, talk.employee_id)).employee_id
    finished = [
        event.members["employee_id"]
        for _, event in timed
        if event.kind == EventKind.CALL_FINISHED and "employee_id" in event.members
    ]
    return str(finished[-1]) if finished and is_talk else None
