"""What usually happens in calls: one function a recipe (reference, section 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.callgear.calls import Leg, Row
from simulators.callgear.script import Script

LOST_WAIT = 31.0
CLIENT_PICKS_UP = 4.0


@dataclass(frozen=True)
class Cast:
    """Who takes part and how long it takes."""

    employees: list[Row]
    ring: float
    talk: float
    lost_first: bool = False
    first_call: str = "employee"
    outgoing_event: bool = True

    def employee(self, index: int) -> Row:
        return self.employees[index % len(self.employees)]


Recipe = Callable[[Script, Cast], None]


def inbound_answered(script: Script, cast: Cast) -> None:
    """One employee rings and answers."""
    script.arrive()
    leg = script.ring(cast.employees[:1])[0]
    script.pause(cast.ring)
    script.talk(leg, cast.talk)
    script.end("subscriber_disconnects", "call_finished")


def inbound_lost(script: Script, cast: Cast) -> None:
    """The employees ring, nobody answers."""
    script.arrive()
    script.ring(cast.employees)
    script.pause(max(cast.ring, LOST_WAIT - script.at))
    events = ("call_finished", "lost_call")
    script.end("no_success_operator_call", *(reversed(events) if cast.lost_first else events))


def inbound_transfer(script: Script, cast: Cast) -> None:
    """The first employee answers and hands the client over to the second."""
    script.arrive()
    leg = script.ring([cast.employee(0)])[0]
    script.pause(cast.ring)
    script.talk(leg, cast.talk)
    script.transfer_to(cast.employee(1), ring=cast.ring / 2, talk=cast.talk)
    script.end("operator_disconnects", "call_finished")


def group_ring(script: Script, cast: Cast) -> None:
    """All employees ring together; the second one answers."""
    script.arrive()
    legs = script.ring(cast.employees)
    script.pause(cast.ring)
    script.talk(legs[min(1, len(legs) - 1)], cast.talk)
    script.end("subscriber_disconnects", "call_finished")


def several_talks(script: Script, cast: Cast) -> None:
    """The first, the second, and the first employee again."""
    inbound = [cast.employee(0), cast.employee(1), cast.employee(0)]
    script.arrive()
    leg = script.ring(inbound[:1])[0]
    script.pause(cast.ring)
    script.talk(leg, cast.talk)
    for employee in inbound[1:]:
        script.transfer_to(employee, ring=cast.ring / 2, talk=cast.talk)
    script.end("operator_disconnects", "call_finished")


def out_of_hours(script: Script, cast: Cast) -> None:
    """Nobody works: a lost call and no other word."""
    script.arrive()
    script.end("group_inactive_by_schedule", "lost_call")


def outbound_answered(script: Script, cast: Cast) -> None:
    """An employee dials from his SIP phone, the client answers."""
    leg = script.leave(cast.employee(0))
    script.pause(cast.ring)
    script.talk(leg, cast.talk)
    script.end("operator_disconnects", "call_finished")


def outbound_silent(script: Script, cast: Cast) -> None:
    """An employee dials, the client does not answer."""
    script.leave(cast.employee(0))
    script.pause(cast.ring)
    script.give_up("no_success_subscriber_call")
    script.end("no_success_subscriber_call", "call_finished")


def internal(script: Script, cast: Cast) -> None:
    """The second employee calls the first by extension."""
    script.call.initiator = cast.employee(1)
    leg = script.ring([cast.employee(0)])[0]
    script.pause(cast.ring)
    script.talk(leg, cast.talk)
    script.end("operator_disconnects", "call_finished")


def click_to_call(script: Script, cast: Cast) -> None:
    """start.employee_call, and both sides answer."""
    leg = _ring_both(script, cast)
    script.talk(leg, cast.talk)
    script.end("operator_disconnects", "call_finished")


def click_client_silent(script: Script, cast: Cast) -> None:
    """start.employee_call; the employee answers, the client does not."""
    script.pick_up(_ring_both(script, cast))
    script.pause(cast.ring)
    script.give_up("no_success_subscriber_call")
    script.end("no_success_subscriber_call", "call_finished")


def click_employee_silent(script: Script, cast: Cast) -> None:
    """start.employee_call; the employee does not pick up."""
    _ring_both(script, cast)
    script.give_up("operator_not_responsible")
    script.end("no_success_operator_call", "call_finished")


def _ring_both(script: Script, cast: Cast) -> Leg:
    """Whether "Outbound call" is told as well is open in the reference (question 12)."""
    script.call.initiator = cast.employee(0)
    if cast.outgoing_event:
        script.note("outgoing_call")
    if cast.first_call == "contact":
        script.pause(CLIENT_PICKS_UP)
    leg = script.ring([cast.employee(0)])[0]
    script.pause(cast.ring)
    return leg


RECIPES: dict[str, Recipe] = {
    "inbound_answered": inbound_answered,
    "inbound_lost": inbound_lost,
    "inbound_transfer": inbound_transfer,
    "group_ring": group_ring,
    "several_talks": several_talks,
    "out_of_hours": out_of_hours,
    "hidden_number": inbound_answered,
    "outbound_answered": outbound_answered,
    "outbound_silent": outbound_silent,
    "click_to_call": click_to_call,
    "click_client_silent": click_client_silent,
    "click_employee_silent": click_employee_silent,
    "internal": internal,
}
OUTBOUND = {name for name in RECIPES if name.startswith(("outbound", "click"))}
WHOLE_GROUP = {"inbound_lost", "group_ring"}  # ring three employees unless told whom
