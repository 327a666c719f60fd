"""Every combination of facts and settings gives a decision or none; at the end always one."""

from __future__ import annotations

from hypothesis import given

from rules.decide import HISTORY_ONLY, decide_contact, decide_task, due_sides, may_decide
from rules.vocabulary import Entity, Outcome
from tests.unit.rules.examples import CALLS, CLIENTS, PEOPLE, SETTINGS


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
