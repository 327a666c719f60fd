"""Who becomes responsible, and which fallback was taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.crm import Client
from rules.facts import CallFacts
from rules.reasons import Code, Reason, because
from rules.settings import Settings
from rules.vocabulary import Direction, OwnerRule

FALLBACK_SETTINGS = "responsible_from_settings"
FALLBACK_CLIENT = "client_responsible"
FALLBACK_NOBODY = "nobody"


@dataclass(frozen=True)
class People:
    """Who is who: employee id -> CRM user id, and the CRM users that count as none."""

    user_by_employee: Mapping[str, str] = field(default_factory=dict)
    absent_users: frozenset[str] = frozenset()  # inactive or gone
    names: Mapping[str, str] = field(default_factory=dict)  # CRM user id -> name


@dataclass(frozen=True)
class Owner:
    """`fallback` names the step of the ladder that was taken; None if the rule itself answered."""

    user_id: str | None
    fallback: str | None
    reasons: tuple[Reason, ...]


def choose_owner(
    rule: OwnerRule, facts: CallFacts, client: Client | None, settings: Settings, people: People
) -> Owner:
    """Answer an owner rule; total. Where it cannot be answered, fall back: first to the responsible
    of the settings for this direction, then to the client's own, else to nobody."""
    user_id, reasons = _by_rule(rule, facts, client, settings, people)
    if user_id:
        return Owner(user_id, None, reasons)
    from_settings = settings.responsible_for(facts.direction or Direction.INBOUND)
    if from_settings and from_settings not in people.absent_users:
        taken = because(Code.FALLBACK_SETTINGS, user_id=from_settings)
        return Owner(from_settings, FALLBACK_SETTINGS, (*reasons, taken))
    of_client = client.responsible_user_id if client else None
    if of_client and of_client not in people.absent_users:
        taken = because(Code.FALLBACK_CLIENT, user_id=of_client)
        return Owner(of_client, FALLBACK_CLIENT, (*reasons, taken))
    return Owner(None, FALLBACK_NOBODY, (*reasons, because(Code.FALLBACK_NOBODY)))


def _by_rule(
    rule: OwnerRule, facts: CallFacts, client: Client | None, settings: Settings, people: People
) -> tuple[str | None, tuple[Reason, ...]]:
    match rule:
        case OwnerRule.ANSWERED_BY:
            missing = because(Code.NOBODY_ANSWERED)
            return _employee(facts.answered_by, Code.OWNER_ANSWERED_BY, missing, people)
        case OwnerRule.FINISHED_BY:
            missing = because(Code.NOBODY_FINISHED)
            return _employee(facts.finished_by, Code.OWNER_FINISHED_BY, missing, people)
        case OwnerRule.CALLER:
            missing = because(Code.CALLER_UNKNOWN)
            return _employee(facts.caller, Code.OWNER_CALLER, missing, people)
        case OwnerRule.FROM_CLIENT_CARD:
            missing = because(Code.CARD_WITHOUT_RESPONSIBLE)
            card = client.responsible_user_id if client else None
            return _user(card, because(Code.OWNER_FROM_CLIENT_CARD, user_id=card), missing, people)
        case OwnerRule.FROM_SETTINGS:
            direction = facts.direction or Direction.INBOUND
            missing = because(Code.RESPONSIBLE_NOT_SET, direction=str(direction))
            user = settings.responsible_for(direction)
            return _user(user, because(Code.OWNER_FROM_SETTINGS, user_id=user), missing, people)
        case _:
            raise ValueError(f"unknown owner rule {rule!r}")


def _employee(
    employee_id: str | None, code: Code, missing: Reason, people: People
) -> tuple[str | None, tuple[Reason, ...]]:
    if not employee_id:
        return None, (missing,)
    user = people.user_by_employee.get(employee_id)
    chosen = because(code, employee_id=employee_id, user_id=user)
    return _user(user, chosen, because(Code.EMPLOYEE_UNMAPPED, employee_id=employee_id), people)


def _user(
    user_id: str | None, chosen: Reason, missing: Reason, people: People
) -> tuple[str | None, tuple[Reason, ...]]:
    if not user_id:
        return None, (missing,)
    if user_id in people.absent_users:
        return None, (because(Code.USER_INACTIVE, user_id=user_id),)
    return user_id, (chosen,)
