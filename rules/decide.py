"""What a call makes in the CRM: decided once, from facts, look-up and settings alone.

A decision is None as long as its owner rule cannot be answered yet; at
the end of a call every rule is answered, if need be by a fallback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rules.crm import Client
from rules.facts import CallFacts
from rules.owner import People, choose_owner
from rules.reasons import Code, Reason, because
from rules.settings import Settings, TaskAssign
from rules.vocabulary import Contact, Create, Direction, Entity, Outcome, OwnerRule

MAKES: dict[Create, tuple[Entity, ...]] = {
    Create.LEAD: (Entity.LEAD,),
    Create.DEAL: (Entity.DEAL,),
    Create.LEAD_AND_DEAL: (Entity.LEAD, Entity.DEAL),
    Create.NOTHING: (),
}
HISTORY_ONLY = "history-only"
NO_TASK = "no-task"


@dataclass(frozen=True)
class Decision:
    """What is made (`actions`, in this order), for whom, by which rule, and why."""

    kind: Literal["contact", "task"]
    rule: str
    actions: tuple[Entity, ...] = ()
    reasons: tuple[Reason, ...] = ()
    contact: Contact | None = None
    create: Create | None = None
    owner_rule: OwnerRule | None = None
    owner_user_id: str | None = None
    fallback: str | None = None
    client_id: str | None = None


@dataclass(frozen=True)
class Exempt:
    """A call that makes nothing, whatever the settings say."""

    reason: Reason


def exemption(facts: CallFacts, settings: Settings, *, country: str) -> Exempt | None:
    """Why a call makes nothing but history: internal, on the ignore list, or without a number."""
    if facts.direction is Direction.INTERNAL:
        return Exempt(because(Code.CALL_INTERNAL))
    if settings.is_ignored(facts.client_phone, country):
        return Exempt(because(Code.NUMBER_IGNORED))
    # A number may still come with a later notification; at the end it is known to be hidden.
    if facts.client_phone is None and facts.is_ended:
        return Exempt(because(Code.NUMBER_HIDDEN))
    return None


def may_decide(facts: CallFacts, settings: Settings) -> bool:
    """True if some answer of the CRM would lead to a decision now: worth a look-up."""
    if facts.direction is None or facts.direction is Direction.INTERNAL or not facts.client_phone:
        return False
    side = settings.side(facts.direction)
    first, repeat = side.first, side.repeat
    if not first.create_client or repeat.create is Create.NOTHING:
        return True
    return is_due(first.owner, facts) or is_due(repeat.owner, facts)


def due_sides(facts: CallFacts, settings: Settings) -> int:
    """Which answers of a look-up would lead to a decision now, as bits: 1 unknown, 2 known.

    A look-up is repeated only when another bit has come: at each point of the call at most once.
    """
    if not may_decide(facts, settings) or facts.direction is None:
        return 0
    side = settings.side(facts.direction)
    is_first = not side.first.create_client or is_due(side.first.owner, facts)
    is_repeat = side.repeat.create is Create.NOTHING or is_due(side.repeat.owner, facts)
    return (1 if is_first else 0) | (2 if is_repeat else 0)


def decide_contact(
    facts: CallFacts, client: Client | None, settings: Settings, people: People
) -> Decision | None:
    """Decide what this contact makes; None while its owner rule cannot be answered yet.

    `client` is the CRM's client with this number, or the one that we are making ourselves. Whether
    the number is on the ignore list is asked before, with `exemption`.
    """
    if exempt := _history_only(facts):
        return exempt
    if facts.direction is None or facts.client_phone is None:
        return None
    side = settings.side(facts.direction)
    if client is None:
        if not side.first.create_client:
            return _nothing(Contact.FIRST, "first-nothing", because(Code.NO_CLIENT_WANTED), None)
        contact, rule, create = Contact.FIRST, side.first.owner, side.first.create
    else:
        if side.repeat.create is Create.NOTHING:
            reason = because(Code.NOTHING_WANTED)
            return _nothing(Contact.REPEAT, "repeat-nothing", reason, client)
        contact, rule, create = Contact.REPEAT, side.repeat.owner, side.repeat.create
    if not is_due(rule, facts):
        return None
    owner = choose_owner(rule, facts, client, settings, people)
    return Decision(
        "contact",
        f"{contact}-{'client-only' if create is Create.NOTHING else create}",
        (*((Entity.CLIENT,) if client is None else ()), *MAKES[create]),
        (*_first_talker(rule, facts), *owner.reasons),
        contact=contact,
        create=create,
        owner_rule=rule,
        owner_user_id=owner.user_id,
        fallback=owner.fallback,
        client_id=_id(client),
    )


def decide_task(
    facts: CallFacts, client: Client | None, settings: Settings, people: People
) -> Decision | None:
    """Decide the call-back task; None before the end. `no-task` when there is nothing to do."""
    if not facts.is_ended:
        return None
    if facts.client_phone is None:
        return Decision("task", NO_TASK)
    if facts.outcome is Outcome.LOST and facts.direction is Direction.INBOUND:
        kind, name, rule = "lost_incoming", Code.TASK_LOST_INCOMING, OwnerRule.FROM_SETTINGS
    elif facts.outcome is Outcome.FAILED and facts.direction is Direction.OUTBOUND:
        kind, name, rule = "failed_outgoing", Code.TASK_FAILED_OUTGOING, OwnerRule.CALLER
    else:
        return Decision("task", NO_TASK)
    if settings.task_rule(kind).assign is TaskAssign.NONE:  # type: ignore[arg-type]
        return Decision("task", NO_TASK, reasons=(because(Code.TASK_NOT_WANTED, rule=kind),))
    owner = choose_owner(rule, facts, client, settings, people)
    reasons = (because(name), *owner.reasons)
    return Decision(
        "task",
        kind,
        (Entity.TASK,),
        reasons,
        owner_rule=rule,
        owner_user_id=owner.user_id,
        fallback=owner.fallback,
        client_id=_id(client),
    )


def is_due(rule: OwnerRule, facts: CallFacts) -> bool:
    """Whether an owner rule can be answered now. At the end of the call each can, but after a
    transfer whose first talker is not known the report is looked at first."""
    if rule is OwnerRule.ANSWERED_BY and facts.needs_report:
        return False
    if facts.is_ended:
        return True
    match rule:
        case OwnerRule.FROM_SETTINGS | OwnerRule.FROM_CLIENT_CARD:
            return True
        case OwnerRule.CALLER:
            return facts.caller is not None
        case OwnerRule.ANSWERED_BY:
            return facts.answered_by is not None
        case OwnerRule.FINISHED_BY:
            return False
        case _:
            raise ValueError(f"unknown owner rule {rule!r}")


def _history_only(facts: CallFacts) -> Decision | None:
    if facts.direction is Direction.INTERNAL:
        reason = because(Code.CALL_INTERNAL)
    elif facts.client_phone is None and facts.is_ended:
        reason = because(Code.NUMBER_HIDDEN)
    else:
        return None
    return Decision("contact", HISTORY_ONLY, reasons=(reason,))


def _nothing(contact: Contact, rule: str, reason: Reason, client: Client | None) -> Decision:
    return Decision(
        "contact",
        rule,
        reasons=(reason,),
        contact=contact,
        create=Create.NOTHING,
        client_id=_id(client),
    )


def _first_talker(rule: OwnerRule, facts: CallFacts) -> tuple[Reason, ...]:
    """After a transfer nobody told who talked first: the last talker stands in for him."""
    is_guess = facts.is_transfer and not facts.is_first_known and facts.answered_by
    if rule is not OwnerRule.ANSWERED_BY or not is_guess:
        return ()
    return (because(Code.FIRST_TALKER_UNKNOWN, employee_id=facts.answered_by),)


def _id(client: Client | None) -> str | None:
    """A client that we are making ourselves may have no id yet."""
    return client.id or None if client else None
