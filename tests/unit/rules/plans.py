"""What a plan is made of: a world with people and fields, calls, rules."""

from __future__ import annotations

from rules.crm import Client, CustomField
from rules.formats import Regional
from rules.owner import People
from rules.plan import World
from rules.trial import TrialCall
from rules.vocabulary import Direction
from tests.unit.rules.calls import CLIENT_PHONE, DUBAI, LINE, NINE

PEOPLE = People(
    {"101": "u_1", "102": "u_2", "103": "u_gone"},
    frozenset({"u_gone"}),
    {"u_1": "Agent One", "u_2": "Agent Two", "u_3": "Agent Three"},
)
FIELDS = {
    "client": {"talk": CustomField("talk", "Talk", "client", "number")},
    "lead": {
        "talk": CustomField("talk", "Talk", "lead", "number"),
        "campaign": CustomField("campaign", "Campaign", "lead"),
        "record": CustomField("record", "Record", "lead"),
        "when": CustomField("when", "When", "lead", "date"),
    },
    "deal": {},
}
WORLD = World(
    PEOPLE,
    Regional("en", DUBAI, "AE"),
    FIELDS,
    number_names={LINE: "Main"},
    extensions={"101": "117"},
    phones={"101": ["117"]},
    call_url="https://example.com/calls/700000101",
    recording_url="https://example.com/recordings/1",
)


def trial(direction="inbound", **members):
    about = {
        "direction": Direction(direction),
        "started_at": NINE,
        "phone": CLIENT_PHONE,
        "answered_by": "101",
        "caller": "101",
        "virtual_number": LINE,
        **members,
    }
    return TrialCall(**about)


def first(create="lead", owner="answered_by", create_client=True):
    return {"first": {"create": create, "owner": owner, "create_client": create_client}}


KNOWN = (Client("c_1", "Client One", responsible_user_id="u_2"), Client("c_1"))
