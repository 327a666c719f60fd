"""Calls at the stages at which something is decided, and the people they are about."""

from __future__ import annotations

from rules.crm import Client
from rules.owner import People
from rules.vocabulary import Direction, Outcome
from tests.unit.rules.calls import facts

IN, OUT = Direction.INBOUND, Direction.OUTBOUND
KNOWN = Client("c_1", "Client", ("+971501234567",), responsible_user_id="u_card")
PEOPLE = People(user_by_employee={"101": "u_101", "102": "u_102", "103": "u_103"})
RESPONSIBLE = {"incoming_user_id": "u_in", "outgoing_user_id": "u_out"}
RINGING = facts()
TALKING = facts(answered_by="101", finished_by="101")
ANSWERED = facts(
    answered_by="101", finished_by="102", is_ended=True, outcome=Outcome.ANSWERED, is_transfer=True
)
LOST = facts(is_ended=True, outcome=Outcome.LOST)
CLOSED = facts(is_ended=True, outcome=Outcome.UNKNOWN)
UNTOLD = facts(is_ended=True, outcome=Outcome.ANSWERED, answered_by="102", needs_report=True)
DIALLING = facts(direction=OUT)
DIALLED = facts(direction=OUT, caller="103")
CALLING = facts(direction=OUT, caller="103", answered_by="101", finished_by="101")
REACHED = facts(
    direction=OUT,
    caller="103",
    answered_by="101",
    finished_by="102",
    is_ended=True,
    outcome=Outcome.ANSWERED,
)
FAILED = facts(direction=OUT, caller="103", is_ended=True, outcome=Outcome.FAILED)
FAILED_OF_NOBODY = facts(direction=OUT, is_ended=True, outcome=Outcome.FAILED)
