"""Every kind of call, client and settings, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from rules.crm import Client
from rules.owner import People
from rules.vocabulary import Create, Direction, Outcome
from tests.unit.rules.calls import facts, settings

EMPLOYEES = st.sampled_from([None, "101", "102", "999"])
USERS = st.sampled_from([None, "u_1", "u_2", "u_gone"])
CREATES = st.sampled_from([str(create) for create in Create])
PEOPLE = People({"101": "u_1", "102": "u_gone"}, frozenset({"u_gone"}))
CALLS = st.builds(
    facts,
    direction=st.sampled_from([None, *Direction]),
    phone=st.sampled_from([None, "971501234567", "990000123"]),
    outcome=st.sampled_from([None, *Outcome]),
    is_ended=st.booleans(),
    is_transfer=st.booleans(),
    is_first_known=st.booleans(),
    needs_report=st.booleans(),
    answered_by=EMPLOYEES,
    finished_by=EMPLOYEES,
    caller=EMPLOYEES,
)
CLIENTS = st.one_of(st.none(), st.builds(Client, st.just("c_1"), responsible_user_id=USERS))
INCOMING_OWNERS = st.sampled_from(["answered_by", "finished_by", "from_settings"])
SETTINGS = st.builds(
    settings,
    incoming=st.fixed_dictionaries(
        {
            "first": st.fixed_dictionaries(
                {"create_client": st.booleans(), "create": CREATES, "owner": INCOMING_OWNERS}
            ),
            "repeat": st.fixed_dictionaries({"create": CREATES, "owner": INCOMING_OWNERS}),
        }
    ),
    outgoing=st.fixed_dictionaries(
        {
            "first": st.fixed_dictionaries(
                {
                    "create_client": st.booleans(),
                    "create": CREATES,
                    "owner": st.sampled_from(["caller", "from_settings"]),
                }
            ),
            "repeat": st.fixed_dictionaries(
                {
                    "create": CREATES,
                    "owner": st.sampled_from(
                        ["answered_by", "finished_by", "from_client_card", "from_settings"]
                    ),
                }
            ),
        }
    ),
    tasks=st.fixed_dictionaries(
        {
            "lost_incoming": st.fixed_dictionaries(
                {"assign": st.sampled_from(["none", "from_settings"])}
            ),
            "failed_outgoing": st.fixed_dictionaries(
                {"assign": st.sampled_from(["none", "caller"])}
            ),
        }
    ),
    responsible=st.fixed_dictionaries({"incoming_user_id": USERS, "outgoing_user_id": USERS}),
)
