"""The course of a call: its direction, whether it ended, how, and who took part in it."""

from __future__ import annotations

from rules.call_times import ENDS
from rules.events import Event
from rules.material import Material
from rules.members import employee_of, flag_of, list_of, text_of
from rules.phones import Phone
from rules.talks import Talks
from rules.vocabulary import Direction, EventKind, Outcome

LEGS = (EventKind.WAITING_ANSWER, EventKind.TALK_STARTED, EventKind.TALK_FINISHED)
DIRECTIONS = {
    "in": Direction.INBOUND,
    "inbound": Direction.INBOUND,
    "out": Direction.OUTBOUND,
    "outbound": Direction.OUTBOUND,
    "internal": Direction.INTERNAL,
}
# Events of incoming calls that may come without a word on the direction.
INBOUND_SIGNS = (EventKind.INCOMING_CALL, EventKind.WAITING_ANSWER, *ENDS)


def is_over(material: Material) -> bool:
    """The PBX told the end; closing a call after 4 hours is none."""
    return material.report.finished_at is not None or bool(material.of_kind(*ENDS))


def direction_of(
    material: Material, phone: Phone | None, received: str | None, *, is_ended: bool
) -> Direction | None:
    """None as long as nothing tells it; a call that ended without a word on it was incoming."""
    if flag_of(material.members, "is_internal"):
        return Direction.INTERNAL
    # An extension is too short for a phone, but it is a number of ours.
    if {phone.value if phone else received, received} & material.around.own_numbers:
        return Direction.INTERNAL
    told = _told_direction(material)
    if told or not is_ended:
        return told
    return Direction.INBOUND


def outcome_of(
    material: Material, talks: Talks, direction: Direction | None, *, is_ended: bool
) -> Outcome | None:
    """None as long as it is open; unknown where the 4-hour rule ended the call."""
    if is_ended and not is_over(material):
        return Outcome.UNKNOWN
    if talks.is_answered and (is_ended or talks.is_talk):
        return Outcome.ANSWERED
    if not is_ended:
        return None
    return Outcome.FAILED if direction is Direction.OUTBOUND else Outcome.LOST


def caller_of(material: Material, talks: Talks, direction: Direction | None) -> str | None:
    """The employee who started an outgoing call."""
    if direction is Direction.INBOUND:
        return None
    is_outbound = direction is Direction.OUTBOUND
    by_event = _first_employee(material, EventKind.OUTGOING_CALL)
    by_leg = _first_employee(material, *LEGS, is_unsaid_enough=is_outbound)
    by_report = material.report.employees[0].employee_id if material.report.employees else None
    caller = by_event or material.around.clicked_by or by_leg
    if caller or not is_outbound:
        return caller
    # The end names who talked last: without a transfer he is the only one.
    by_end = None if talks.is_transfer else _first_employee(material, *ENDS, is_unsaid_enough=True)
    return by_report or by_end


def rung(material: Material) -> tuple[str, ...]:
    """The employees whose phones rang, in the order in which they did."""
    found: dict[str, None] = {}
    for _, event in material.timed:
        if event.kind == EventKind.WAITING_ANSWER:
            found[employee_of(event, material.around.employee_by_email) or ""] = None
        else:
            found.update(dict.fromkeys(list_of(event.members, "employee_ids")))
    found.update(dict.fromkeys(each.employee_id for each in material.report.employees))
    return tuple(employee for employee in found if employee)


def name_of(material: Material, employee_id: str | None, *, is_ended: bool) -> str | None:
    """The full name of an employee; of nobody in particular, whom the latest event names.

    A phone that only rang does not make its owner the employee of a call that has ended.
    """
    names: dict[str, str] = {}
    latest = None
    for _, event in material.timed:
        name = text_of(event.members, "employee_full_name")
        if name:
            names[employee_of(event, material.around.employee_by_email) or ""] = name
            is_meant = event.kind in ENDS if is_ended else True
            latest = name if is_meant else latest
    if employee_id is None:
        return latest
    in_report = {each.employee_id: each.full_name for each in material.report.employees}
    return names.get(employee_id) or in_report.get(employee_id) or None


def _told_direction(material: Material) -> Direction | None:
    # A call that we dialled ourselves is outgoing, whatever the PBX calls it.
    if material.around.clicked_by:
        return Direction.OUTBOUND
    told = DIRECTIONS.get((text_of(material.members, "direction") or "").lower())
    if told:
        return told
    if material.of_kind(EventKind.OUTGOING_CALL):
        return Direction.OUTBOUND
    if material.of_kind(EventKind.INCOMING_CALL):
        return Direction.INBOUND
    is_inbound = material.report.direction is None and material.of_kind(*INBOUND_SIGNS)
    return Direction.INBOUND if is_inbound else material.report.direction


def _first_employee(
    material: Material, *kinds: EventKind, is_unsaid_enough: bool = False
) -> str | None:
    """The first employee whom events of these kinds name; of legs, only of those going out."""
    for _, event in material.of_kind(*kinds):
        is_wanted = event.kind == EventKind.OUTGOING_CALL or _goes_out(event, is_unsaid_enough)
        employee = employee_of(event, material.around.employee_by_email)
        if employee and is_wanted:
            return employee
    return None


def _goes_out(event: Event, is_unsaid_enough: bool) -> bool:
    told = DIRECTIONS.get((text_of(event.members, "direction") or "").lower())
    return told is Direction.OUTBOUND or (told is None and is_unsaid_enough)
