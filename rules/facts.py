"""Fold the notifications of one call session into the facts of the call.

Folding is a pure function of the *set* of events: any order and any repetition gives the same
facts. Where two events disagree on one fact, the one with the later `notification_time` wins,
then the one with the larger event key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from rules.call_times import ENDS, durations, ended_at, moment_of, seconds_of, started_at
from rules.events import Event, Member
from rules.pbx import CallRow
from rules.phones import Phone, normalise
from rules.talks import Talk, Talks, fold_talks
from rules.vocabulary import Direction, EventKind, Outcome

Timed = Sequence[tuple[datetime, Event]]
NO_REPORT = CallRow("")
DIRECTIONS = {
    "in": Direction.INBOUND,
    "inbound": Direction.INBOUND,
    "out": Direction.OUTBOUND,
    "outbound": Direction.OUTBOUND,
    "internal": Direction.INTERNAL,
}


@dataclass(frozen=True)
class Recording:
    url: str
    seconds: int | None = None


@dataclass(frozen=True)
class Surroundings:
    """What folding needs beside the events: all of it given, nothing looked up.

    `zone`: in which the PBX writes times. `country`: for numbers without one. `own_numbers`:
    phones of our employees and virtual numbers in one spelling. `employee_by_email`: lower-case
    e-mail -> employee id. `report`: the call's row of the calls report, if it was read.
    `clicked_by`: the employee of our own click-to-call. `is_closed`: the 4-hour rule ended it.
    """

    zone: tzinfo
    country: str
    own_numbers: frozenset[str] = frozenset()
    employee_by_email: Mapping[str, str] = field(default_factory=dict)
    report: CallRow | None = None
    clicked_by: str | None = None
    is_closed: bool = False


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
    # A transfer whose first talker nobody told: the report may know (behaviour.md 12).
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

    @property
    def has_talk(self) -> bool:
        return self.outcome is Outcome.ANSWERED or bool(self.talks)


def fold(events: Iterable[Event], around: Surroundings) -> CallFacts:
    """The facts of one call session from all its events. Pure, total; never raises."""
    timed = _in_order(events, around.zone)
    members = _latest_members(timed)
    report = around.report or NO_REPORT
    talks = fold_talks(timed, members, around.employee_by_email, report)
    phone = _text(members, "contact_phone_number") or report.contact_phone_number
    client_phone = normalise(phone, country=around.country)
    direction = _direction(timed, members, report)
    if client_phone and client_phone.value in around.own_numbers:
        direction = Direction.INTERNAL
    is_ended = _is_ended(timed, report) or around.is_closed
    began = started_at(timed, members, around.zone, report)
    finished = ended_at(timed, members, around.zone, report) if is_ended else None
    lasted = durations(members, talks.talks, report, (began, finished))
    return CallFacts(
        call_session_id=next((event.call_session_id or "" for _, event in timed), ""),
        direction=direction,
        received_phone=phone,
        client_phone=client_phone,
        virtual_number=_text(members, "virtual_phone_number") or report.virtual_phone_number,
        outcome=_outcome(members, talks, is_ended, direction, around),
        is_ended=is_ended,
        is_transfer=talks.is_transfer,
        answered_by=talks.answered_by,
        # Closed by the 4-hour rule: who finished the call is not known.
        finished_by=None if around.is_closed else talks.finished_by,
        caller=_caller(timed, around, report),
        is_first_known=talks.is_first_known,
        needs_report=talks.is_transfer and not talks.is_first_known and around.report is None,
        talks=talks.talks,
        rung=_rung(timed, report),
        started_at=began,
        answered_at=talks.answered_at,
        ended_at=finished,
        wait_seconds=lasted.wait_seconds,
        talk_seconds=lasted.talk_seconds,
        total_seconds=lasted.total_seconds,
        end_reason=_text(members, "lost_reason") or report.finish_reason,
        recordings=_recordings(timed, members, report),
        tags=_tags(timed, report),
        external_id=_text(members, "external_id") or report.external_id,
        members=members,
        parameters=report.parameters,
    )


def _in_order(events: Iterable[Event], zone: tzinfo) -> Timed:
    unique = {event.key: event for event in events}
    timed = [(moment_of(event, zone), event) for event in unique.values()]
    return sorted(timed, key=lambda item: (item[0], item[1].key))


def _latest_members(timed: Timed) -> dict[str, Member]:
    members: dict[str, Member] = {}
    for _, event in timed:
        members.update(event.members)
    return members


def _text(members: Mapping[str, Member], name: str) -> str | None:
    value = members.get(name)
    return None if value is None or isinstance(value, list) else str(value)


def _direction(timed: Timed, members: Mapping[str, Member], report: CallRow) -> Direction | None:
    if members.get("is_internal") is True:
        return Direction.INTERNAL
    told = DIRECTIONS.get(str(members.get("direction", "")).lower())
    if told:
        return told
    kinds = {event.kind for _, event in timed}
    if EventKind.OUTGOING_CALL in kinds:
        return Direction.OUTBOUND
    if EventKind.INCOMING_CALL in kinds:
        return Direction.INBOUND
    if report.direction:
        return report.direction
    # A ringing employee or a lost call without a word on the direction is an incoming call; so is
    # a finished one of which nothing else was told.
    is_known = kinds & {EventKind.LOST_CALL, EventKind.WAITING_ANSWER, EventKind.CALL_FINISHED}
    return Direction.INBOUND if is_known else None


def _is_ended(timed: Timed, report: CallRow) -> bool:
    return report.finished_at is not None or any(event.kind in ENDS for _, event in timed)


def _outcome(
    members: Mapping[str, Member],
    talks: Talks,
    is_ended: bool,
    direction: Direction | None,
    around: Surroundings,
) -> Outcome | None:
    if around.is_closed:
        return Outcome.UNKNOWN
    lost = members.get("is_lost")
    if lost is None and around.report is not None and around.report.finished_at is not None:
        lost = around.report.is_lost
    is_talk = not lost if isinstance(lost, bool) else talks.is_talk
    if is_talk and (is_ended or talks.is_talk):
        return Outcome.ANSWERED
    if not is_ended:
        return None
    return Outcome.FAILED if direction is Direction.OUTBOUND else Outcome.LOST


def _caller(timed: Timed, around: Surroundings, report: CallRow) -> str | None:
    def first(wanted: Callable[[Event], bool]) -> str | None:
        named = ((event, _text(event.members, "employee_id")) for _, event in timed)
        return next((employee for event, employee in named if employee and wanted(event)), None)

    by_event = first(lambda event: event.kind == EventKind.OUTGOING_CALL)
    by_leg = first(lambda event: event.members.get("direction") in ("out", "outbound"))
    is_outbound = report.direction is Direction.OUTBOUND
    by_report = [employee.employee_id for employee in report.employees if is_outbound]
    return by_event or around.clicked_by or by_leg or next(iter(by_report), None)


def _rung(timed: Timed, report: CallRow) -> tuple[str, ...]:
    rung: dict[str, None] = {}
    for _, event in timed:
        employees = event.members.get("employee_ids")
        if event.kind == EventKind.WAITING_ANSWER:
            rung[_text(event.members, "employee_id") or ""] = None
        elif isinstance(employees, list):
            rung.update(dict.fromkeys(employees))
    rung.update(dict.fromkeys(employee.employee_id for employee in report.employees))
    return tuple(employee for employee in rung if employee)


def _recordings(
    timed: Timed, members: Mapping[str, Member], report: CallRow
) -> tuple[Recording, ...]:
    """All recordings, in the order in which they became ready; the report's only if none came."""
    found: dict[str, Recording] = {}
    for _, event in timed:
        link = _text(event.members, "file_link")
        if link:
            found[link] = Recording(link, seconds_of(event.members, "file_duration"))
    if found:
        return tuple(found.values())
    links = members.get("record_file_links")
    told = list(links) if isinstance(links, list) else []
    full = _text(members, "full_record_file_link")
    told = told or ([full] if full else list(report.record_links))
    return tuple(Recording(link) for link in dict.fromkeys(told))


def _tags(timed: Timed, report: CallRow) -> tuple[str, ...]:
    tags: dict[str, None] = {}
    for _, event in timed:
        names = event.members.get("tag_names")
        tags.update(dict.fromkeys(names if isinstance(names, list) else []))
    tags.update(dict.fromkeys(report.tags))
    return tuple(tags)
