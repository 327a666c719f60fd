"""A plan told line by line: what is known, what is decided when, and the setting behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rules.causes import setting_behind
from rules.decide import Decision
from rules.phones import pretty
from rules.plan import Plan
from rules.reasons import Code, Reason, because
from rules.settings import Settings


@dataclass(frozen=True)
class StoryLine:
    """`seconds` since the start of the call; `path` is the setting behind the line, if any."""

    reason: Reason
    seconds: int
    path: str | None = None


def tell(plan: Plan, settings: Settings) -> tuple[StoryLine, ...]:
    """The story of a plan, in its order."""
    decided, ended = _since(plan, plan.decided_after), _since(plan, plan.facts.ended_at)
    contact, task = plan.verdict.contact, plan.verdict.task
    lines = [StoryLine(reason, 0) for reason in (*_number(plan), *plan.match.reasons)]
    lines += [_line(plan, settings, each, decided) for each in reasons_of(contact)]
    left_out = (each for entity in plan.entities for each in entity.reasons)
    lines += [_line(plan, settings, each, ended) for each in left_out]
    if task is not None:
        lines += [_line(plan, settings, each, ended, is_task=True) for each in task.reasons]
    return tuple(lines)


def reasons_of(contact: Decision | None) -> Iterator[Reason]:
    """The rule first, then who and why; a call that makes nothing has its reason alone."""
    if contact is None:
        return
    if contact.actions:
        yield because(
            Code.RULE,
            rule=contact.rule,
            contact=str(contact.contact),
            create=str(contact.create),
        )
    yield from contact.reasons


def _line(
    plan: Plan, settings: Settings, reason: Reason, seconds: int, *, is_task: bool = False
) -> StoryLine:
    decision = plan.verdict.contact
    contact = None if is_task or decision is None else decision.contact
    return StoryLine(
        reason, seconds, setting_behind(reason, settings, plan.facts.direction, contact)
    )


def _number(plan: Plan) -> Iterator[Reason]:
    phone = plan.facts.client_phone
    if phone is not None:
        code = Code.NUMBER_READ if phone.is_valid else Code.NUMBER_RAW
        yield because(code, received=plan.facts.received_phone, phone=pretty(phone))


def _since(plan: Plan, moment: datetime | None) -> int:
    if moment is None or plan.facts.started_at is None:
        return 0
    return max(0, round((moment - plan.facts.started_at).total_seconds()))
