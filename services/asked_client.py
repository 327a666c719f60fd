"""A client that a person asked for in a pop-up: made once, under the lock and key of the rules."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from rules.facts import CallFacts
from rules.owner import choose_owner
from rules.reasons import Code, because
from rules.vocabulary import Direction, Entity, OwnerRule
from services.call import Call
from services.decide_call import keep_client, plan_entity
from services.look_up import look_up
from services.steps import Step

# What became of the wish: `CallSession.asked["client"]["result"]`; absent while it waits.
PLANNED = "planned"
BY_RULE = "by_rule"
KNOWN = "known"
HIDDEN = "hidden"
CODES = {
    PLANNED: Code.ASKED_CLIENT,
    BY_RULE: Code.ASKED_CLIENT_BY_RULE,
    KNOWN: Code.ASKED_CLIENT_KNOWN,
    HIDDEN: Code.ASKED_CLIENT_HIDDEN,
}


def plan_asked_client(call: Call, facts: CallFacts) -> Generator[Step, Any, None]:
    """Answer the wish for a client, once.

    The rules decide first: a client made before would turn a first contact into a repeated one.
    """
    asked = (call.row.asked or {}).get("client")
    if not asked or asked.get("result") or "contact" not in call.decisions:
        return
    result = _known_result(call, facts)
    if result is None:
        client = yield from look_up(call, facts)
        result = KNOWN if client else PLANNED
        if client:
            keep_client(call, client)
    call.trace(because(CODES[result], by=asked.get("by")))
    answered = {**asked, "result": result}
    if result == PLANNED:
        answered["owner"] = _owner(call, facts, asked)
        plan_entity(call, facts, Entity.CLIENT, answered["owner"], {})
    call.update_session(asked={**call.row.asked, "client": answered})


def _known_result(call: Call, facts: CallFacts) -> str | None:
    """The answer that needs no look at the CRM."""
    if Entity.CLIENT in call.decisions["contact"].actions:
        return BY_RULE
    if call.created.get("client_id") or call.client:
        return KNOWN
    is_outside = facts.client_phone is not None and facts.direction is not Direction.INTERNAL
    return None if is_outside else HIDDEN


def _owner(call: Call, facts: CallFacts, asked: dict[str, Any]) -> str | None:
    """Who asked; if the CRM does not know him as a user, the responsible of the settings."""
    user_id: str | None = asked.get("responsible_user_id")
    people = call.office.people
    if user_id and user_id not in people.absent_users:
        return user_id
    owner = choose_owner(OwnerRule.FROM_SETTINGS, facts, None, call.rules, people)
    return owner.user_id
