"""The demo's order for a call like the one that was tried."""

from __future__ import annotations

from typing import Any

from blueprints.demo_calls import KNOWN_CLIENT, PACE, unknown_number
from forms.try_call import ANSWERED, HIDDEN, KNOWN, MISSED, TRANSFERRED, TYPED, TryCallForm
from models import Integration
from rules.phones import digits_of, normalise
from rules.vocabulary import Direction

# The simulated PBX knows no transfer of an outgoing call: it is answered only.
RECIPES = {
    (Direction.INBOUND, ANSWERED): "inbound_answered",
    (Direction.INBOUND, MISSED): "inbound_lost",
    (Direction.INBOUND, TRANSFERRED): "inbound_transfer",
    (Direction.OUTBOUND, ANSWERED): "outbound_answered",
    (Direction.OUTBOUND, MISSED): "outbound_silent",
    (Direction.OUTBOUND, TRANSFERRED): "outbound_answered",
}


def order_of(form: TryCallForm, integration: Integration) -> dict[str, Any]:
    """A member list of the simulated PBX; made in seconds, however long the talk."""
    direction = Direction(form.direction.data)
    is_outbound = direction is Direction.OUTBOUND
    first = form.caller.data if is_outbound else form.answered_by.data
    people = [first, *([form.finished_by.data] if form.outcome.data == TRANSFERRED else [])]
    seconds = form.talk.data if form.talk.data is not None else PACE["talk_seconds"]
    order: dict[str, Any] = {
        **PACE,
        "recipe": RECIPES[direction, form.outcome.data],
        "contact": _contact(form, integration),
        "employees": [int(each) for each in people if each and each.isdigit()],
        "talk_seconds": seconds,
        "speed": max(PACE["speed"], seconds / 4),
        "marketing": {"campaign_name": form.campaign.data, "source_name": form.source.data},
    }
    return order | ({"virtual_number": form.line.data} if form.line.data else {})


def _contact(form: TryCallForm, integration: Integration) -> str:
    """A stranger's number is another one each time, or he would be known at the second call."""
    match form.who.data:
        case value if value == TYPED:
            phone = normalise(form.number.data, country=integration.default_country)
            return phone.digits if phone else digits_of(form.number.data)
        case value if value == KNOWN:
            return KNOWN_CLIENT
        case value if value == HIDDEN:
            return "anonymous"
        case _:
            return str(unknown_number())
