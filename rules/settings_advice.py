"""What an admin should think over: settings that may be published and still are not what he wants.

What keeps settings from being published is told by `settings_checks`. Sentences for the codes are
made where they are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.cases import Case, Who, cases_of
from rules.settings import AbsentManager, PersonalManager, Settings, TaskAssign, Tasks
from rules.vocabulary import Contact, Direction, Entity, Outcome


class Kind(StrEnum):
    """GAP: a call or what it makes is nobody's. CONTRADICTION: two settings work against each
    other. NO_EFFECT: set, but never used. HINT: perhaps not meant like that."""

    GAP = "gap"
    CONTRADICTION = "contradiction"
    NO_EFFECT = "no_effect"
    HINT = "hint"


class Code(StrEnum):
    """Every advice; the values it carries stand behind it."""

    MISSED_FOR_NOBODY = "missed_for_nobody"
    OUTGOING_FOR_NOBODY = "outgoing_for_nobody"
    NO_BACKUP = "no_backup"  # direction
    NOTHING_CREATED = "nothing_created"
    SIDE_CREATES_NOTHING = "side_creates_nothing"  # direction
    NEW_NUMBERS_IGNORED = "new_numbers_ignored"  # direction
    MISSED_UNNOTICED = "missed_unnoticed"  # contacts: first, repeat
    FIELDS_UNUSED = "fields_unused"  # entity, count
    TEMPLATE_UNUSED = "template_unused"  # entity
    RESPONSIBLE_UNUSED = "responsible_unused"  # direction
    FUNNEL_UNUSED = "funnel_unused"
    TASK_OPTIONS_UNUSED = "task_options_unused"  # rule
    ALWAYS_CLOSED = "always_closed"
    MANAGER_OPTIONS_UNUSED = "manager_options_unused"
    DEPUTY_UNUSED = "deputy_unused"
    DEPUTY_IS_AWAY = "deputy_is_away"
    NUMBER_NOT_ACTIVE = "number_not_active"  # number
    NO_COUNTRY_ALLOWED = "no_country_allowed"
    CAP_UNREACHABLE = "cap_unreachable"  # user, integration


@dataclass(frozen=True)
class Advice:
    """One thing to think over: where it is changed, a code, and the values for its sentence."""

    kind: Kind
    code: Code
    path: str
    values: Mapping[str, Any] = field(default_factory=dict)


IN, OUT = Direction.INBOUND, Direction.OUTBOUND
SIDES = {IN: "incoming", OUT: "outgoing"}
TASK_RULES = ("lost_incoming", "failed_outgoing")


def advice(
    settings: Settings,
    *,
    absent_users: frozenset[str] = frozenset(),
    active_numbers: Collection[str] | None = None,
) -> tuple[Advice, ...]:
    """Everything worth a second thought, what loses calls first.

    `absent_users` are inactive in the CRM or gone; `active_numbers` the account's own numbers as
    digits, None while they are not known.
    """
    cases = cases_of(settings, absent_users)
    return (
        *_gaps(settings, cases),
        *_empty(settings, cases),
        *_unused(settings, cases),
        *_tasks(settings),
        *_manager(settings, absent_users),
        *_click_to_call(settings, active_numbers),
    )


def _gaps(settings: Settings, cases: tuple[Case, ...]) -> Iterator[Advice]:
    for direction, code in ((IN, Code.MISSED_FOR_NOBODY), (OUT, Code.OUTGOING_FOR_NOBODY)):
        path = f"responsible.{SIDES[direction]}_user_id"
        ours = [case for case in cases if case.direction is direction]
        if any(case.is_gap for case in ours):
            yield Advice(Kind.GAP, code, path)
        elif any(_may_end_with_nobody(case) for case in ours):
            yield Advice(Kind.HINT, Code.NO_BACKUP, path, {"direction": str(direction)})


def _may_end_with_nobody(case: Case) -> bool:
    heirs = (case.owner, case.task)
    return any(heir is not None and heir.backup is Who.NOBODY for heir in heirs)


def _empty(settings: Settings, cases: tuple[Case, ...]) -> Iterator[Advice]:
    if all(case.is_empty for case in cases):
        yield Advice(Kind.HINT, Code.NOTHING_CREATED, "incoming.first.create_client")
        return
    for direction, side in SIDES.items():
        ours = [case for case in cases if case.direction is direction]
        path, values = f"{side}.first.create_client", {"direction": str(direction)}
        if all(case.is_empty for case in ours):
            yield Advice(Kind.HINT, Code.SIDE_CREATES_NOTHING, path, values)
        elif not any(case.creates for case in ours if case.contact is Contact.FIRST):
            yield Advice(Kind.HINT, Code.NEW_NUMBERS_IGNORED, path, values)
    unnoticed = [
        str(case.contact) for case in cases if case.outcome is Outcome.LOST and case.is_empty
    ]
    if unnoticed:
        path = "tasks.lost_incoming.assign"
        yield Advice(Kind.HINT, Code.MISSED_UNNOTICED, path, {"contacts": unnoticed})


def _unused(settings: Settings, cases: tuple[Case, ...]) -> Iterator[Advice]:
    made = {entity for case in cases for entity in case.creates}
    rows = Counter(row.entity for row in settings.fields)
    for entity in (Entity.LEAD, Entity.DEAL):
        if entity not in made and rows[entity]:
            values = {"entity": str(entity), "count": rows[entity]}
            yield Advice(Kind.NO_EFFECT, Code.FIELDS_UNUSED, "fields", values)
    if any(case.task for case in cases):
        made.add(Entity.TASK)
    for entity in Entity:
        if getattr(settings.templates, entity) is not None and entity not in made:
            path, values = f"templates.{entity}", {"entity": str(entity)}
            yield Advice(Kind.NO_EFFECT, Code.TEMPLATE_UNUSED, path, values)
    for direction, side in SIDES.items():
        is_idle = all(case.is_empty for case in cases if case.direction is direction)
        if settings.responsible_for(direction) is not None and is_idle:
            path, values = f"responsible.{side}_user_id", {"direction": str(direction)}
            yield Advice(Kind.NO_EFFECT, Code.RESPONSIBLE_UNUSED, path, values)
    if settings.funnels.pipeline_id is not None and Entity.DEAL not in made:
        yield Advice(Kind.NO_EFFECT, Code.FUNNEL_UNUSED, "funnels.pipeline_id")


def _tasks(settings: Settings) -> Iterator[Advice]:
    for name in TASK_RULES:
        rule, standard = getattr(settings.tasks, name), getattr(Tasks(), name)
        if rule.assign is TaskAssign.NONE and rule != standard:
            path, values = f"tasks.{name}.assign", {"rule": name}
            yield Advice(Kind.NO_EFFECT, Code.TASK_OPTIONS_UNUSED, path, values)
    hours = settings.working_hours
    if hours is not None and not any(hours.values()):
        yield Advice(Kind.CONTRADICTION, Code.ALWAYS_CLOSED, "working_hours")


def _manager(settings: Settings, absent_users: frozenset[str]) -> Iterator[Advice]:
    manager, place = settings.incoming.personal_manager, "incoming.personal_manager"
    if not manager.enabled:
        if manager != PersonalManager():
            path = f"{place}.enabled"
            yield Advice(Kind.NO_EFFECT, Code.MANAGER_OPTIONS_UNUSED, path)
        return
    path = f"{place}.deputy_user_id"
    if manager.absent is not AbsentManager.DEPUTY:
        if manager.deputy_user_id is not None:
            yield Advice(Kind.NO_EFFECT, Code.DEPUTY_UNUSED, path)
    elif manager.deputy_user_id in absent_users:
        yield Advice(Kind.CONTRADICTION, Code.DEPUTY_IS_AWAY, path)


def _click_to_call(settings: Settings, active_numbers: Collection[str] | None) -> Iterator[Advice]:
    click, place = settings.outgoing.click_to_call, "outgoing.click_to_call"
    number = click.virtual_number
    if number is not None and active_numbers is not None:
        known = {each.lstrip("+") for each in active_numbers}
        if number.lstrip("+") not in known:
            path, values = f"{place}.virtual_number", {"number": number}
            yield Advice(Kind.CONTRADICTION, Code.NUMBER_NOT_ACTIVE, path, values)
    if click.allowed_countries == ():
        path = f"{place}.allowed_countries"
        yield Advice(Kind.CONTRADICTION, Code.NO_COUNTRY_ALLOWED, path)
    caps = click.caps
    if caps.user_per_minute > caps.integration_per_minute:
        path = f"{place}.caps.user_per_minute"
        told = {"user": caps.user_per_minute, "integration": caps.integration_per_minute}
        yield Advice(Kind.NO_EFFECT, Code.CAP_UNREACHABLE, path, told)
