"""Decisions of stored facts are those of the facts that were stored."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from rules.decide import decide_contact, decide_task, exemption
from rules.reasons import Code
from rules.stored_facts import deciding_facts, facts_as_json
from tests.unit.rules.examples import CALLS, CLIENTS, PEOPLE, SETTINGS


def told(decision):
    """A decision without the one reason that is not stored."""
    if decision is None:
        return None
    reasons = [each for each in decision.reasons if each.code != Code.FIRST_TALKER_UNKNOWN]
    return replace(decision, reasons=tuple(reasons))


@given(CALLS, CLIENTS, SETTINGS)
def test_the_same_decisions(call, client, rules):
    call = replace(call, needs_report=False)

    again = deciding_facts(call.call_session_id, facts_as_json(call), call.started_at)

    assert exemption(again, rules, country="AE") == exemption(call, rules, country="AE")
    for decide in (decide_contact, decide_task):
        assert told(decide(again, client, rules, PEOPLE)) == told(
            decide(call, client, rules, PEOPLE)
        )


def test_a_call_without_facts_is_nothing_yet():
    facts = deciding_facts("1", {}, None)

    assert (facts.direction, facts.client_phone, facts.is_ended) == (None, None, False)
