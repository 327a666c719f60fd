"""Every combination of facts and settings gives a decision or none; at the end always one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.crm import Client
from rules.decide import HISTORY_ONLY, decide_contact, decide_task, due_sides, may_decide
from rules.owner import People
from rules.vocabulary import Create, Direction, Entity, Outcome
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


def side_of(client):
    return 2 if client else 1


@given(CALLS, CLIENTS, SETTINGS)
def test_a_decision_or_none_and_at_the_end_always_one(call, client, rules):
    decision = decide_contact(call, client, rules, PEOPLE)

    is_sure = call.is_ended and call.direction is not None and not call.needs_report
    assert decision is not None or not is_sure


@given(CALLS, CLIENTS, SETTINGS)
def test_what_is_due_is_decided_and_nothing_else(call, client, rules):
    decision = decide_contact(call, client, rules, PEOPLE)

    is_due = bool(due_sides(call, rules) & side_of(client))
    is_decided = decision is not None and decision.rule != HISTORY_ONLY
    assert is_due == is_decided
    assert may_decide(call, rules) == bool(due_sides(call, rules))


@given(CALLS, CLIENTS, SETTINGS)
def test_a_decision_explains_itself(call, client, rules):
    decision = decide_contact(call, client, rules, PEOPLE)

    assert decision is None or decision.reasons
    assert decision is None or decision.owner_user_id != "u_gone"
    assert decision is None or (Entity.CLIENT in decision.actions) == (
        client is None and bool(decision.actions)
    )
    assert decision is None or not decision.actions or decision.owner_rule is not None


@given(CALLS, CLIENTS, SETTINGS)
def test_a_task_is_decided_exactly_at_the_end(call, client, rules):
    decision = decide_task(call, client, rules, PEOPLE)

    assert (decision is not None) == call.is_ended
    assert decision is None or set(decision.actions) <= {Entity.TASK}
    assert decision is None or call.outcome is not Outcome.UNKNOWN or not decision.actions
