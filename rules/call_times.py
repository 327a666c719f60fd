"""When a call started and ended, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.events import Event, Member
from rules.material import Material
from rules.members import LONGEST_SECONDS, seconds_of, text_of
from rules.talks import Talks
from rules.times import EARLIEST, is_number, read_time
from rules.vocabulary import EventKind

ENDS = (EventKind.CALL_FINISHED, EventKind.LOST_CALL)
STARTS = (EventKind.INCOMING_CALL, EventKind.OUTGOING_CALL)


@dataclass(frozen=True)
class CallTimes:
    """`started_text` is the start as the PBX wrote it, if it did."""

    started_at: datetime | None
    started_text: str | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: int | None
    talk_seconds: int | None
    total_seconds: int | None


def fold_times(material: Material, talks: Talks, *, is_ended: bool) -> CallTimes:
    """Moments in UTC and whole seconds: as the PBX told, else from what else is known."""
    report = material.report
    began = _started_at(material)
    finished = _ended_at(material) if is_ended else None
    total = _first(_told(material, "total_time_duration"), report.total_seconds)
    total = _first(total, _between(began, finished))
    wait = _first(_told(material, "wait_time_duration"), report.wait_seconds)
    answered = talks.answered_at
    if talks.is_answered and answered is None and began and wait is not None:
        answered = began + timedelta(seconds=min(wait, LONGEST_SECONDS))
    if wait is None:
        # Who was never answered waited all the time.
        wait = _between(began, answered) if talks.is_answered else total
    return CallTimes(
        started_at=began,
        started_text=_text_of_start(material, began),
        answered_at=answered,
        ended_at=finished,
        wait_seconds=wait if is_ended or answered else None,
        talk_seconds=_talk_seconds(material, talks),
        total_seconds=total,
    )


def _started_at(material: Material) -> datetime | None:
    told = material.report.started_at
    told = told or read_time(material.members.get("start_time"), material.around.zone)
    moments = material.moments
    if told or not moments:
        return told
    if not material.of_kind(*STARTS):
        # Nobody told the start, but the end says how long the call was.
        moments += [at - timedelta(seconds=_length(event.members)) for at, event in _ends(material)]
    return min(moments)


def _ended_at(material: Material) -> datetime | None:
    told = material.report.finished_at
    told = told or read_time(material.members.get("finish_time_localized"), material.around.zone)
    if told:
        return told
    for kind in ENDS:
        moments = [at for at, event in _ends(material) if event.kind == kind]
        if moments:
            return max(moments)
    return max(material.moments, default=None)


def _ends(material: Material) -> list[tuple[datetime, Event]]:
    return [(at, event) for at, event in material.of_kind(*ENDS) if at > EARLIEST]


def _length(members: Mapping[str, Member]) -> int:
    total = seconds_of(members, "total_time_duration")
    return min(total or seconds_of(members, "wait_time_duration") or 0, LONGEST_SECONDS)


def _talk_seconds(material: Material, talks: Talks) -> int | None:
    """The end of the call tells it; the latest event may tell the talk of one employee only."""
    ends = [seconds_of(event.members, "talk_time_duration") for _, event in material.of_kind(*ENDS)]
    at_the_end = next((seconds for seconds in reversed(ends) if seconds is not None), None)
    summed = sum(talk.seconds or 0 for talk in talks.talks)
    told = _told(material, "talk_time_duration")
    return _first(at_the_end or None, summed or None, material.report.talk_seconds, told)


def _text_of_start(material: Material, began: datetime | None) -> str | None:
    texts = [
        material.report.parameters.get("start_time"),
        text_of(material.members, "start_time"),
        *(text_of(event.members, "notification_time") for _, event in material.timed),
    ]
    written = [text for text in texts if text and not is_number(text)]
    zone = material.around.zone
    return next((text for text in written if began and read_time(text, zone) == began), None)


def _told(material: Material, name: str) -> int | None:
    return seconds_of(material.members, name)


def _between(began: datetime | None, finished: datetime | None) -> int | None:
    if not began or not finished:
        return None
    return max(0, round((finished - began).total_seconds()))


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
