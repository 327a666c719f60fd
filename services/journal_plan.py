"""What deciding calls anew would do, before it is done: by the drain's rules, nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession, CrmWrite, Decision, Integration
from rules.journal_plan import MAKE, Outlook, outlook_of
from rules.rehearsal import PastCall, Rehearsal, made_of
from rules.settings import Settings
from rules.stored_facts import deciding_facts
from rules.verdict import Verdict
from rules.vocabulary import Contact, Entity
from services.office_lists import read_office_lists

MOST_PLANNED = 1000


@dataclass(frozen=True)
class CallPlan:
    """A call's decisions by the settings of today, and what becomes of each entity."""

    verdict: Verdict
    outlooks: tuple[Outlook, ...]


@dataclass(frozen=True)
class ManyPlanned:
    """How many of each the calls would make that is not there; `looked_at` of them were planned."""

    looked_at: int
    new: dict[Entity, int]
    unchanged: int


def plan_call_anew(
    session: Session, integration: Integration, settings: Settings, call: CallSession
) -> CallPlan:
    """What deciding this call anew would do."""
    (plan,) = _plans(session, integration, settings, [call])
    return plan


def plan_many_anew(
    session: Session, integration: Integration, settings: Settings, ids: Sequence[int]
) -> ManyPlanned:
    """What deciding these calls anew would make; only the latest MOST_PLANNED are looked at."""
    query = select(CallSession).where(CallSession.id.in_(ids[-MOST_PLANNED:]))
    plans = _plans(session, integration, settings, list(session.scalars(query)))
    new = dict.fromkeys(Entity, 0)
    unchanged = 0
    for plan in plans:
        made = [each.entity for each in plan.outlooks if each.what == MAKE]
        unchanged += not made
        for entity in made:
            new[entity] += 1
    return ManyPlanned(len(plans), new, unchanged)


def _plans(
    session: Session, integration: Integration, settings: Settings, calls: Sequence[CallSession]
) -> list[CallPlan]:
    people = read_office_lists(session, integration.id, integration.default_country).people
    contacts = _contacts(session, [call.id for call in calls])
    unsent = _unsent(session, [call.id for call in calls])
    planned = []
    for call in calls:
        past = PastCall(
            call.id,
            deciding_facts(call.call_session_id, call.facts or {}, call.started_at),
            contacts.get(call.id),
            made_of((), None, None),
            call.client,
        )
        run = Rehearsal(settings, people, integration.default_country)
        verdict = run.decide(past, run.client_of(past))
        there = {entity for entity in Entity if (call.created or {}).get(f"{entity}_id")}
        outlooks = outlook_of(verdict.actions, there, unsent.get(call.id, set()))
        planned.append(CallPlan(verdict, outlooks))
    return planned


def _contacts(session: Session, ids: Sequence[int]) -> dict[int, Contact]:
    """Whether each was a first or a repeat contact when it was decided last."""
    query = (
        select(Decision.session_row_id, Decision.contact)
        .where(Decision.session_row_id.in_(ids), Decision.kind == "contact")
        .order_by(Decision.number)
    )
    return {row[0]: Contact(row[1]) for row in session.execute(query) if row[1]}


def _unsent(session: Session, ids: Sequence[int]) -> dict[int, set[Entity]]:
    """What is planned or set aside and is not in the CRM."""
    query = select(CrmWrite.session_row_id, CrmWrite.kind).where(
        CrmWrite.session_row_id.in_(ids),
        CrmWrite.kind.in_([str(entity) for entity in Entity]),
        CrmWrite.status.in_(("planned", "dead")),
    )
    found: dict[int, set[Entity]] = {}
    for row_id, kind in session.execute(query):
        found.setdefault(row_id, set()).add(Entity(kind))
    return found
