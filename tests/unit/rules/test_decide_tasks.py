"""Who gets the task to call back, and why; or why there is none."""

from __future__ import annotations

import pytest

from rules.decide import (
    NO_TASK,
    Decision,
    decide_task,
)
from rules.reasons import Code, because
from rules.vocabulary import Direction, Entity, Outcome, OwnerRule
from tests.unit.rules.calls import facts, settings
from tests.unit.rules.stages import (
    ANSWERED,
    CALLING,
    CLOSED,
    DIALLED,
    FAILED,
    FAILED_OF_NOBODY,
    KNOWN,
    LOST,
    PEOPLE,
    REACHED,
    RESPONSIBLE,
    RINGING,
    TALKING,
)

TASKS = settings(
    tasks={"lost_incoming": {"assign": "from_settings"}, "failed_outgoing": {"assign": "caller"}},
    responsible=RESPONSIBLE,
)


@pytest.mark.parametrize(
    ("call", "rule", "owner"),
    [
        pytest.param(LOST, "lost_incoming", "u_in", id="lost-incoming"),
        pytest.param(FAILED, "failed_outgoing", "u_103", id="failed-outgoing"),
        pytest.param(FAILED_OF_NOBODY, "failed_outgoing", "u_out", id="caller-unknown"),
        pytest.param(ANSWERED, NO_TASK, None, id="answered"),
        pytest.param(REACHED, NO_TASK, None, id="reached"),
        pytest.param(CLOSED, NO_TASK, None, id="never-for-an-unknown-outcome"),
        pytest.param(
            facts(direction=Direction.INTERNAL, is_ended=True, outcome=Outcome.LOST),
            NO_TASK,
            None,
            id="internal",
        ),
        pytest.param(
            facts(client_phone=None, is_ended=True, outcome=Outcome.LOST),
            NO_TASK,
            None,
            id="hidden-number",
        ),
    ],
)
def test_call_back_task(call, rule, owner):
    decision = decide_task(call, None, TASKS, PEOPLE)

    assert (decision.kind, decision.rule, decision.owner_user_id) == ("task", rule, owner)
    assert decision.actions == ((Entity.TASK,) if owner else ())


@pytest.mark.parametrize("call", [RINGING, TALKING, DIALLED, CALLING])
def test_no_word_on_a_task_before_the_end(call):
    assert decide_task(call, None, TASKS, PEOPLE) is None


@pytest.mark.parametrize("call", [LOST, FAILED])
def test_a_task_that_is_not_wanted_says_so(call):
    decision = decide_task(call, KNOWN, settings(responsible=RESPONSIBLE), PEOPLE)

    kind = "lost_incoming" if call is LOST else "failed_outgoing"
    reason = because(Code.TASK_NOT_WANTED, rule=kind)
    assert decision == Decision("task", NO_TASK, reasons=(reason,))


@pytest.mark.parametrize(
    ("call", "owner_rule", "why"),
    [
        pytest.param(LOST, OwnerRule.FROM_SETTINGS, Code.TASK_LOST_INCOMING, id="lost"),
        pytest.param(FAILED, OwnerRule.CALLER, Code.TASK_FAILED_OUTGOING, id="failed"),
    ],
)
def test_a_task_names_its_owner_rule_and_why_it_is_made(call, owner_rule, why):
    decision = decide_task(call, KNOWN, TASKS, PEOPLE)

    assert (decision.owner_rule, decision.client_id) == (owner_rule, "c_1")
    assert decision.reasons[0] == because(why)
    assert len(decision.reasons) == 2


def test_a_task_nobody_is_named_for_goes_to_the_client_s_responsible():
    rules = settings(tasks={"lost_incoming": {"assign": "from_settings"}})

    decision = decide_task(LOST, KNOWN, rules, PEOPLE)

    assert (decision.owner_user_id, decision.fallback) == ("u_card", "client_responsible")
    assert decision.client_id == "c_1"
