"""Render what is sent to the CRM for one call, from its facts, its settings and its office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rules.bodies import entity_body, late_variables, task_body, texts
from rules.call_values import Context, call_values
from rules.custom_fields import Filled, Phase, fill_fields, phase_of
from rules.facts import CallFacts
from rules.formats import Value
from rules.reasons import Reason
from rules.templates import parse, variables_of
from rules.vocabulary import Entity
from rules.working_hours import due_at
from services.call import Call, Write


@dataclass(frozen=True)
class Rendered:
    """A body without its links, the texts that were rendered early, and what was left out."""

    body: dict[str, Any]
    late: list[str]
    reasons: tuple[Reason, ...] = ()


def values_for(call: Call, facts: CallFacts, *, owner: str | None) -> dict[str, Value]:
    """The template values of this call as far as they are known now."""
    office, row = call.office, call.row
    responsible = owner or (call.client.responsible_user_id if call.client else None)
    recording = next(iter(facts.recordings), None)
    context = Context(
        client_name=call.client.name if call.client else None,
        responsible_name=office.people.names.get(responsible or ""),
        recording_url=call.knobs.recording_url(call.id, recording.url, row.first_seen_at)
        if recording
        else None,
        call_url=f"{call.knobs.public_base_url}/integrations/{office.integration_id}"
        f"/calls/{row.call_session_id}",
        virtual_number_name=office.number_names.get(facts.virtual_number or ""),
    )
    return call_values(facts, context, office.regional)


def render_entity(call: Call, facts: CallFacts, entity: Entity, owner: str | None) -> Rendered:
    """The body of a create of a client, lead or deal."""
    settings, regional = call.texts, call.office.regional
    values = values_for(call, facts, owner=owner)
    filled = _fields_of_create(call, facts, entity, values)
    rendered = texts(entity, settings, values, regional)
    late = late_variables(entity, settings, facts, values, regional)
    body = entity_body(
        entity,
        facts,
        settings,
        rendered,
        filled.values,
        owner=owner,
        country=call.office.country,
    )
    return Rendered(body, list(late), filled.reasons)


def render_task(call: Call, facts: CallFacts, rule_name: str, owner: str | None) -> Rendered:
    """The body of a call-back task; due some minutes after the later of end and decision."""
    settings = call.texts
    rule = settings.task_rule(rule_name)  # type: ignore[arg-type]
    values = values_for(call, facts, owner=owner)
    rendered = texts(Entity.TASK, settings, values, call.office.regional)
    start = max(facts.ended_at or call.now(), call.now())
    due = due_at(start, rule.due_minutes, settings.working_hours, call.office.regional.zone)
    return Rendered(task_body(facts, rendered, owner=owner, due_at=due), [])


def render_line(call: Call, facts: CallFacts, *, owner: str | None) -> str:
    """The task's text with the start of the call to the second, so that no two calls are alike."""
    values = values_for(call, facts, owner=owner)
    start = (facts.started_at or call.now()).astimezone(call.office.regional.zone)
    clock = start.strftime("%H:%M:%S")
    rendered = texts(Entity.TASK, call.texts, values | {"call_time": clock}, call.office.regional)
    line = " ".join((rendered["text"] or "").split())
    return line if clock in line else f"{line} {clock}"


def render_again(call: Call, facts: CallFacts, write: Write) -> None:
    """Render a replayed create anew: the same decision, with today's settings."""
    entity = Entity(write.kind)
    kind = "task" if entity is Entity.TASK else "contact"
    decision = call.decisions.get(kind)
    if decision is None:
        call.update(write, is_stale=False)
        return
    owner = decision.owner_user_id
    if entity is Entity.TASK:
        rendered = render_task(call, facts, decision.rule, owner)
    else:
        rendered = render_entity(call, facts, entity, owner)
    call.trace(*rendered.reasons)
    call.update(write, body=rendered.body, late=rendered.late, is_stale=False)


def _fields_of_create(
    call: Call, facts: CallFacts, entity: Entity, values: dict[str, Value]
) -> Filled:
    rows = [
        row
        for row in call.texts.fields
        if row.entity is entity
        and phase_of(variables_of(parse(row.value)), facts, values) is Phase.CREATE
    ]
    return fill_fields(rows, values, call.office.fields[entity], call.office.regional)
