"""Render what is sent to the CRM for one call, from its facts, its settings and its office."""

from __future__ import annotations

from rules.bodies import texts
from rules.creates import Naming, Rendered, values_of
from rules.creates import render_entity as entity_of
from rules.creates import render_task as task_of
from rules.facts import CallFacts
from rules.formats import Value
from rules.vocabulary import Entity
from services.call import Call, Write


def values_for(call: Call, facts: CallFacts, *, owner: str | None) -> dict[str, Value]:
    """The template values of this call as far as they are known now."""
    office, row = call.office, call.row
    recording = next(iter(facts.recordings), None)
    naming = Naming(
        people=office.people,
        number_names=office.number_names,
        call_url=f"{call.knobs.public_base_url}/integrations/{office.integration_id}"
        f"/calls/{row.call_session_id}",
        recording_url=call.knobs.recording_url(call.id, recording.url, row.first_seen_at)
        if recording
        else None,
    )
    return values_of(facts, call.client, naming, office.regional, owner=owner)


def render_entity(call: Call, facts: CallFacts, entity: Entity, owner: str | None) -> Rendered:
    """The body of a create of a client, lead or deal."""
    office = call.office
    values = values_for(call, facts, owner=owner)
    fields = office.fields[entity]
    return entity_of(entity, facts, call.texts, values, fields, office.regional, owner=owner)


def render_task(call: Call, facts: CallFacts, rule_name: str, owner: str | None) -> Rendered:
    """The body of a call-back task; due some minutes after the later of end and decision."""
    rule = call.texts.task_rule(rule_name)  # type: ignore[arg-type]
    values = values_for(call, facts, owner=owner)
    regional, now = call.office.regional, call.now()
    return task_of(rule, facts, call.texts, values, regional, owner=owner, now=now)


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
    if entity is Entity.CLIENT and entity not in decision.actions:
        owner = ((call.row.asked or {}).get("client") or {}).get("owner")  # a person asked for him
    if entity is Entity.TASK:
        rendered = render_task(call, facts, decision.rule, owner)
    else:
        rendered = render_entity(call, facts, entity, owner)
    call.trace(*rendered.reasons)
    call.update(write, body=rendered.body, late=rendered.late, is_stale=False)
