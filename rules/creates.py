"""What is sent to the CRM to make a client, lead, deal or task: whole bodies but for their links.

The drain sends these bodies; "Try a call" shows them. Both come here, so that they are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.bodies import entity_body, late_variables, task_body, texts
from rules.call_values import Context, call_values
from rules.crm import Client, CustomField
from rules.custom_fields import Filled, Phase, fill_fields, phase_of
from rules.facts import CallFacts
from rules.formats import Regional, Value
from rules.owner import People
from rules.reasons import Reason
from rules.settings import Settings, TaskRule
from rules.templates import parse, variables_of
from rules.vocabulary import Entity
from rules.working_hours import due_at

Values = Mapping[str, Value]
# A task belongs to the first of these that its call makes, else to the client.
TASK_LINKS = (Entity.DEAL, Entity.LEAD)


@dataclass(frozen=True)
class Rendered:
    """A body without its links, the texts that were rendered early, and what was left out."""

    body: dict[str, Any]
    late: list[str]
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Naming:
    """What an office can say of a call beside its facts. `recording_url` is our own link."""

    people: People
    number_names: Mapping[str, str]
    call_url: str
    recording_url: str | None = None


def values_of(
    facts: CallFacts,
    client: Client | None,
    naming: Naming,
    regional: Regional,
    *,
    owner: str | None,
) -> dict[str, Value]:
    """The template values of a call as far as they are known by these facts."""
    responsible = owner or (client.responsible_user_id if client else None)
    context = Context(
        client_name=client.name if client else None,
        responsible_name=naming.people.names.get(responsible or ""),
        recording_url=naming.recording_url,
        call_url=naming.call_url,
        virtual_number_name=naming.number_names.get(facts.virtual_number or ""),
    )
    return call_values(facts, context, regional)


def render_entity(
    entity: Entity,
    facts: CallFacts,
    settings: Settings,
    values: Values,
    fields: Mapping[str, CustomField],
    regional: Regional,
    *,
    owner: str | None,
) -> Rendered:
    """The body of a create of a client, lead or deal."""
    filled = _fields_of_create(entity, facts, settings, values, fields, regional)
    rendered = texts(entity, settings, values, regional)
    late = late_variables(entity, settings, facts, values, regional)
    body = entity_body(
        entity, facts, settings, rendered, filled.values, owner=owner, country=regional.country
    )
    return Rendered(body, list(late), filled.reasons)


def render_task(
    rule: TaskRule,
    facts: CallFacts,
    settings: Settings,
    values: Values,
    regional: Regional,
    *,
    owner: str | None,
    now: datetime,
) -> Rendered:
    """The body of a call-back task; due some minutes after the later of end and decision."""
    rendered = texts(Entity.TASK, settings, values, regional)
    start = max(facts.ended_at or now, now)
    due = due_at(start, rule.due_minutes, settings.working_hours, regional.zone)
    return Rendered(task_body(facts, rendered, owner=owner, due_at=due), [])


def made_client(rendered: Rendered, owner: str | None) -> Client:
    """The client that a call makes, while the CRM has not told his id: the rest of the call is
    decided and rendered with him."""
    return Client("", rendered.body["name"], responsible_user_id=owner)


def _fields_of_create(
    entity: Entity,
    facts: CallFacts,
    settings: Settings,
    values: Values,
    fields: Mapping[str, CustomField],
    regional: Regional,
) -> Filled:
    rows = [
        row
        for row in settings.fields
        if row.entity is entity
        and phase_of(variables_of(parse(row.value)), facts, values) is Phase.CREATE
    ]
    return fill_fields(rows, values, fields, regional)
