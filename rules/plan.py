"""What a call would make in the CRM, by the very rules that the drain follows; nothing is written.

"Try a call" shows the plan of a call that never was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rules.bodies import call_body
from rules.completing import COMPLETED, NOTHING_SENT, Sent, completion_of
from rules.creates import (
    TASK_LINKS,
    Naming,
    Rendered,
    made_client,
    render_entity,
    render_task,
    values_of,
)
from rules.crm import Client, CustomField
from rules.custom_fields import Filled, keep_filled
from rules.decide import Decision
from rules.facts import CallFacts
from rules.formats import Regional, Value
from rules.match import Match
from rules.owner import People
from rules.participants import participants
from rules.personal_manager import ManagerAnswer, answer_manager
from rules.reasons import Reason
from rules.settings import Settings
from rules.verdict import Verdict, judge
from rules.vocabulary import Contact, Direction, Entity

LINKS: Mapping[Entity, tuple[Entity, ...]] = {
    Entity.CLIENT: (),
    Entity.LEAD: (Entity.CLIENT,),
    Entity.DEAL: (Entity.CLIENT, Entity.LEAD),
}


@dataclass(frozen=True)
class World:
    """What planning needs to know of an office; all of it given, nothing looked up."""

    people: People
    regional: Regional
    fields: Mapping[str, Mapping[str, CustomField]]
    number_names: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, str | None] = field(default_factory=dict)
    phones: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of employees
    call_url: str = ""
    recording_url: str = ""

    def naming(self, facts: CallFacts) -> Naming:
        recording = self.recording_url if facts.recordings else None
        return Naming(self.people, self.number_names, self.call_url, recording)


@dataclass(frozen=True)
class PlannedEntity:
    """One thing in the CRM as it stands after the call. `late` are its texts and custom fields
    that come only after the end; a client who was there already `is_new` no longer."""

    entity: Entity
    body: Mapping[str, Any]
    is_new: bool = True
    late: frozenset[str] = frozenset()
    links: tuple[Entity, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Popup:
    """What the employees whose phones ring see: inbound calls only."""

    employees: tuple[str, ...]
    phone: str | None
    client: Client | None
    line: str | None


@dataclass(frozen=True)
class Plan:
    """Everything that a call would lead to. `history` is its entry in the CRM's history, None if
    it gets none; `manager` what the PBX would be answered, None for outgoing calls."""

    facts: CallFacts
    match: Match
    verdict: Verdict
    decided_after: datetime | None
    entities: tuple[PlannedEntity, ...]
    history: Mapping[str, Any] | None
    popup: Popup | None
    manager: ManagerAnswer | None

    def find(self, entity: Entity) -> PlannedEntity | None:
        return next((each for each in self.entities if each.entity is entity), None)


def plan_call(
    points: Sequence[CallFacts], match: Match, settings: Settings, world: World, now: datetime
) -> Plan:
    """Plan a call from all its points (at least one) and the client found for its number. Total."""
    facts = points[-1]
    verdict = judge(points, match.client, settings, world.people, world.regional.country)
    drawn = _Drawing(settings, world, match.client, verdict, facts)
    entities = drawn.entities(points[verdict.decided_at], now)
    is_inbound = facts.direction is Direction.INBOUND
    manager = settings.incoming.personal_manager
    return Plan(
        facts=facts,
        match=match,
        verdict=verdict,
        decided_after=_moment(points[verdict.decided_at]),
        entities=entities,
        history=_history(facts, match.client, world),
        popup=_popup(facts, match.client, world) if is_inbound and facts.rung else None,
        manager=answer_manager(match.client, manager, world.people, world.phones)
        if is_inbound
        else None,
    )


@dataclass(frozen=True)
class _Drawing:
    """The bodies of one verdict."""

    settings: Settings
    world: World
    client: Client | None
    verdict: Verdict
    facts: CallFacts

    def entities(self, decided: CallFacts, now: datetime) -> tuple[PlannedEntity, ...]:
        contact, client = self.verdict.contact, self.client
        made: dict[Entity, Rendered] = {}
        for entity in contact.actions if contact else ():
            made[entity] = self._create(entity, decided, client)
            if entity is Entity.CLIENT:
                client = made_client(made[entity], contact.owner_user_id if contact else None)
        found = [self._completed(entity, made.get(entity), client) for entity in COMPLETED]
        task = self._task(client, made, now)
        return tuple(each for each in (*found, task) if each is not None)

    def _create(self, entity: Entity, facts: CallFacts, client: Client | None) -> Rendered:
        contact, world = self.verdict.contact, self.world
        owner = contact.owner_user_id if contact else None
        values = self._values(facts, client, owner)
        fields = world.fields.get(entity, {})
        return render_entity(
            entity, facts, self.settings, values, fields, world.regional, owner=owner
        )

    def _completed(
        self, entity: Entity, made: Rendered | None, client: Client | None
    ) -> PlannedEntity | None:
        """What stands in the CRM after the call, with what is filled in after its end."""
        is_known = entity is Entity.CLIENT and self.client is not None
        contact = self.verdict.contact
        if contact is None or (made is None and not is_known):
            return None
        body = dict(made.body) if made else {}
        reasons = list(made.reasons) if made else []
        fields = dict(body.get("custom_fields", {}))
        late: set[str] = set()
        if self.facts.is_ended and not self.verdict.is_exempt:
            values = self._values(self.facts, client, contact.owner_user_id)
            for with_recording in (False, True) if self.facts.recordings else (False,):
                wanted, texts, why = self._completion(entity, made, values, with_recording)
                fields |= wanted
                body |= texts
                late |= {*wanted, *texts}
                reasons += [each for each in why if each not in reasons]
        if made is None and not fields:
            return None
        body["custom_fields"] = fields
        links = tuple(link for link in LINKS[entity] if self._is_linked(link, contact))
        return PlannedEntity(entity, body, made is not None, frozenset(late), links, tuple(reasons))

    def _completion(
        self,
        entity: Entity,
        made: Rendered | None,
        values: Mapping[str, Value],
        with_recording: bool,
    ) -> tuple[dict[str, Any], Mapping[str, str | None], list[Reason]]:
        present = self.client.custom_fields if self.client and made is None else {}
        found = completion_of(
            entity,
            self.settings,
            values,
            self.world.fields.get(entity, {}),
            self.world.regional,
            Sent(made.body, made.late) if made else NOTHING_SENT,
            with_recording=with_recording,
        )
        wanted, kept = keep_filled(Filled(found.custom_fields, found.keep, ()), present, entity)
        return wanted, found.texts, [*found.reasons, *kept]

    def _task(
        self, client: Client | None, made: Mapping[Entity, Rendered], now: datetime
    ) -> PlannedEntity | None:
        task, world = self.verdict.task, self.world
        if task is None or not task.actions:
            return None
        rule = self.settings.task_rule(task.rule)  # type: ignore[arg-type]
        values = self._values(self.facts, client, task.owner_user_id)
        rendered = render_task(
            rule,
            self.facts,
            self.settings,
            values,
            world.regional,
            owner=task.owner_user_id,
            now=now,
        )
        link = next((entity for entity in TASK_LINKS if entity in made), None)
        link = link or (Entity.CLIENT if client else None)
        return PlannedEntity(Entity.TASK, rendered.body, links=(link,) if link else ())

    def _values(
        self, facts: CallFacts, client: Client | None, owner: str | None
    ) -> dict[str, Value]:
        return values_of(facts, client, self.world.naming(facts), self.world.regional, owner=owner)

    def _is_linked(self, link: Entity, contact: Decision) -> bool:
        is_repeat = link is Entity.CLIENT and contact.contact is Contact.REPEAT
        return link in contact.actions or is_repeat


def _history(facts: CallFacts, client: Client | None, world: World) -> Mapping[str, Any] | None:
    if facts.direction is Direction.INTERNAL or not facts.is_ended:
        return None
    employee, people = participants(facts, world.people, world.extensions)
    recordings = [{"url": world.recording_url, "seconds": r.seconds} for r in facts.recordings]
    return call_body(
        facts,
        employee=employee,
        participants=people,
        links={"client_id": client.id if client else None},
        recordings=recordings,
        country=world.regional.country,
    )


def _popup(facts: CallFacts, client: Client | None, world: World) -> Popup:
    phone = facts.client_phone.value if facts.client_phone else None
    line = facts.virtual_number
    return Popup(facts.rung, phone, client, world.number_names.get(line or "") or line)


def _moment(facts: CallFacts) -> datetime | None:
    return facts.ended_at or facts.answered_at or facts.started_at
