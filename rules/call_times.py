"""When a call started and ended, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from rules.events import Event, Member
from rules.pbx import CallRow
from rules.talks import Talk
from rules.times import read_time
from rules.vocabulary import EventKind

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
ENDS = (EventKind.CALL_FINISHED, EventKind.LOST_CALL)
LONGEST_SECONDS = 86_400


@dataclass(frozen=True)
class Durations:
    wait_seconds: int | None
    talk_seconds: int | None
    total_seconds: int | None


def moment_of(event: Event, zone: tzinfo) -> datetime:
    """When an event happened: as it says, else when it was received."""
    told = read_time(event.members.get("notification_time"), zone)
    told = told or read_time(event.members.get("notification_timestamp"), zone)
    return told or event.received_at or EARLIEST


def started_at(
    timed: Sequence[tuple[datetime, Event]],
    members: Mapping[str, Member],
    zone: tzinfo,
    report: CallRow,
) -> datetime | None:
    told = report.started_at or read_time(members.get("start_time"), zone)
    moments = [at for at, _ in timed if at != EARLIEST]
    if told or not moments:
        return told
    if all(event.kind in ENDS for _, event in timed):
        # Only the end was told: it says how long the call was.
        length = seconds_of(members, "total_time_duration")
        length = length or seconds_of(members, "wait_time_duration") or 0
        return min(moments) - timedelta(seconds=min(length, LONGEST_SECONDS))
    return min(moments)


def ended_at(
    timed: Sequence[tuple[datetime, Event]],
    members: Mapping[str, Member],
    zone: tzinfo,
    report: CallRow,
) -> datetime | None:
    """When the call ended, taken that it has ended."""
    told = report.finished_at or read_time(members.get("finish_time_localized"), zone)
    if told:
        return told
    for kind in ENDS:
        moments = [at for at, event in timed if event.kind == kind and at != EARLIEST]
        if moments:
            return max(moments)
    return max((at for at, _ in timed if at != EARLIEST), default=None)


def durations(
    members: Mapping[str, Member],
    talks: Sequence[Talk],
    report: CallRow,
    between: tuple[datetime | None, datetime | None],
) -> Durations:
    """Whole seconds: as the PBX told, else from the talks and the moments."""
    told_talk = seconds_of(members, "talk_time_duration")
    talked = max(told_talk or 0, sum(talk.seconds or 0 for talk in talks))
    began, finished = between
    length = None
    if began and finished:
        length = max(0, round((finished - began).total_seconds()))
    return Durations(
        wait_seconds=_first(seconds_of(members, "wait_time_duration"), report.wait_seconds),
        talk_seconds=_first(talked or None, report.talk_seconds, told_talk),
        total_seconds=_first(
            seconds_of(members, "total_time_duration"), report.total_seconds, length
        ),
    )


def seconds_of(members: Mapping[str, Member], name: str) -> int | None:
    value = members.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return max(0, int(value)) if abs(value) < 10**9 else None


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
