"""Fold the notifications of one call session into the facts of the call.

Folding is a pure function of the *set* of events: any order and any repetition gives the same
facts. Where two events disagree on one fact, the one with the later `notification_time` wins,
then the one with the larger event key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rules.call_course import caller_of, direction_of, is_over, name_of, outcome_of, rung
from rules.call_records import Recording, recordings, tags
from rules.call_times import CallTimes, fold_times
from rules.events import Event, Member
from rules.material import NO_REPORT, Material, Surroundings, gather
from rules.members import text_of
from rules.phones import Phone, normalise
from rules.talks import Talk, Talks, fold_talks, only_talk, with_named
from rules.vocabulary import Direction, Outcome

__all__ = ["NO_REPORT", "CallFacts", "Recording", "Surroundings", "Talk", "fold"]


@dataclass(frozen=True)
class CallFacts:
    """What is known of a call. Times are UTC, durations whole seconds, ids text."""

    call_session_id: str
    direction: Direction | None
    received_phone: str | None
    client_phone: Phone | None
    virtual_number: str | None
    outcome: Outcome | None
    is_ended: bool
    is_transfer: bool
    answered_by: str | None
    finished_by: str | None
    caller: str | None
    is_first_known: bool
    # A transfer whose first talker nobody told: the report may know.
    needs_report: bool
    talks: tuple[Talk, ...]
    rung: tuple[str, ...]
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: int | None
    talk_seconds: int | None
    total_seconds: int | None
    end_reason: str | None
    recordings: tuple[Recording, ...]
    tags: tuple[str, ...]
    external_id: str | None
    members: Mapping[str, Member]
    parameters: Mapping[str, str]
    started_text: str | None = None  # the start as the PBX wrote it
    employee_name: str | None = None  # of who finished, else answered, else started the call

    @property
    def has_talk(self) -> bool:
        return self.outcome is Outcome.ANSWERED or bool(self.talks)


@dataclass(frozen=True)
class _Course:
    """What the other facts follow from."""

    phone: str | None
    client_phone: Phone | None
    direction: Direction | None
    is_closed: bool  # by the 4-hour rule, not by the PBX
    is_ended: bool
    talks: Talks
    times: CallTimes


def fold(events: Iterable[Event], around: Surroundings) -> CallFacts:
    """The facts of one call session from all its events. Pure, total; never raises."""
    material = gather(events, around)
    course, report = _course(material, around), material.report
    talks, times, is_ended = course.talks, course.times, course.is_ended
    finished_by = None if course.is_closed else talks.finished_by
    caller = caller_of(material, talks, course.direction)
    employee = finished_by or talks.answered_by or caller
    return CallFacts(
        call_session_id=_session_id(material),
        direction=course.direction,
        received_phone=course.phone,
        client_phone=course.client_phone,
        virtual_number=_told(material, "virtual_phone_number", report.virtual_phone_number),
        outcome=outcome_of(material, talks, course.direction, is_ended=is_ended),
        is_ended=is_ended,
        is_transfer=talks.is_transfer,
        answered_by=talks.answered_by,
        finished_by=finished_by,
        caller=caller,
        is_first_known=talks.is_first_known,
        needs_report=_needs_report(talks, around) and not course.is_closed,
        talks=_all_talks(material, talks, times),
        rung=rung(material),
        started_at=times.started_at,
        answered_at=times.answered_at,
        ended_at=times.ended_at,
        wait_seconds=times.wait_seconds,
        talk_seconds=times.talk_seconds,
        total_seconds=times.total_seconds,
        end_reason=_told(material, "lost_reason", report.finish_reason),
        recordings=recordings(material),
        tags=tags(material),
        external_id=_told(material, "external_id", report.external_id),
        members=material.members,
        parameters=report.parameters,
        started_text=times.started_text,
        employee_name=name_of(material, employee, is_ended=is_ended),
    )


def _course(material: Material, around: Surroundings) -> _Course:
    is_closed = around.is_closed and not is_over(material)
    is_ended = is_closed or is_over(material)
    phone = _told(material, "contact_phone_number", material.report.contact_phone_number)
    client_phone = normalise(phone, country=around.country)
    talks = fold_talks(material)
    return _Course(
        phone=phone,
        client_phone=client_phone,
        direction=direction_of(material, client_phone, phone, is_ended=is_ended),
        is_closed=is_closed,
        is_ended=is_ended,
        talks=talks,
        times=fold_times(material, talks, is_ended=is_ended),
    )


def _session_id(material: Material) -> str:
    named = (event.call_session_id for _, event in material.timed)
    return next((name for name in named if name), material.report.call_session_id)


def _told(material: Material, name: str, in_report: str | None) -> str | None:
    return text_of(material.members, name) or in_report


def _needs_report(talks: Talks, around: Surroundings) -> bool:
    is_open = talks.is_transfer and talks.is_answered and not talks.is_first_known
    return is_open and around.report is None


def _all_talks(material: Material, talks: Talks, times: CallTimes) -> tuple[Talk, ...]:
    """Everybody who talked, also those whose talk events never came."""
    moments = [at for at in (times.answered_at or times.started_at, times.ended_at) if at]
    if not talks.is_answered or not moments:
        return talks.talks
    in_report = [each.employee_id for each in material.report.employees if each.is_talked]
    others = [*in_report, *([talks.finished_by] if talks.finished_by else [])]
    first = talks.answered_by if talks.is_first_known else None
    named = with_named(talks.talks, first, others, tuple(moments))
    return only_talk(named, times.talk_seconds)
