"""Decide for a call, once, and plan what the decision makes; nothing is sent here."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, replace
from typing import Any

from rules.creates import TASK_LINKS, Rendered, made_client
from rules.crm import Client
from rules.decide import (
    HISTORY_ONLY,
    Decision,
    decide_contact,
    decide_task,
    due_sides,
    may_decide,
)
from rules.facts import CallFacts
from rules.keys import client_key, lines_contact, task_contact
from rules.reasons import Code, because
from rules.vocabulary import Contact, Direction, Entity, WriteStatus
from services.call import Call, Write
from services.decide_again import (
    CREATED_BY_CONTACT,
    CREATED_BY_TASK,
    client_again,
    has_own_task,
    leave_out,
    reconsider,
)
from services.look_up import contact_of, hold_contact, look_up, own_create
from services.rendering import render_entity, render_line, render_task
from services.steps import Busy, Step

Deciding = Generator[Step, Any, None]
CLIENT_SECONDS = 5.0  # until we look again for a client whom another call is making
# Facts that are stored and that a decision depends on.
DECIDED_BY = ("direction", "answered_by", "finished_by", "caller")


def decide_about_contact(call: Call, facts: CallFacts) -> Deciding:
    """Look the client up where some answer would lead to a decision, and decide."""
    if "contact" in call.decisions or not may_decide(facts, call.rules):
        return
    sides = due_sides(facts, call.rules)
    if "contact" in call.earlier:
        client = yield from client_again(call, facts)
    elif not sides & ~call.row.looked_up:
        return
    else:
        client = yield from look_up(call, facts)
    decision = decide_contact(facts, client, call.rules, call.office.people)
    if decision is None:
        call.update_session(looked_up=call.row.looked_up | sides)
        return
    _remember(call, decision)
    if client:
        keep_client(call, client)
    reconsider(call, *CREATED_BY_CONTACT)
    _plan_actions(call, facts, decision, client)
    leave_out(call)


def decide_about_task(call: Call, facts: CallFacts) -> Deciding:
    """The call-back task, at the end of the call and after the contact was decided."""
    if "task" in call.decisions or "contact" not in call.decisions or not facts.is_ended:
        return
    decision = decide_task(facts, call.client, call.rules, call.office.people)
    if decision is None:
        return
    reconsider(call, *CREATED_BY_TASK)
    if decision.actions and not has_own_task(call):
        yield from hold_contact(call, facts)
        # Else a task of the client would not be seen under his id.
        _take_client(call, own_create(call))
        _plan_task(call, facts, decision)
    leave_out(call)
    _remember(call, decision)


def exempt_from_rules(call: Call, facts: CallFacts, decision: Decision) -> Deciding:
    """Store that this call makes nothing but history. An ignored number may be a client's: the
    entry of the call links to him."""
    is_internal = facts.direction is Direction.INTERNAL
    stored = call.decisions.get("contact")
    if stored is None:
        client = None
        if facts.client_phone and not is_internal:
            client = yield from look_up(call, facts)
        _remember(call, decision)
        reconsider(call, *CREATED_BY_CONTACT, *CREATED_BY_TASK)
        leave_out(call)
        if client:
            keep_client(call, client)
    elif is_internal and stored.rule != HISTORY_ONLY and call.row.direction != facts.direction:
        call.trace(because(Code.LATE_INTERNAL))


def note_what_stands(call: Call, facts: CallFacts) -> None:
    """Tell when new facts would lead to another decision than the one that was made."""
    stored, before = call.decisions.get("contact"), call.row.facts or {}
    if stored is None or not any(before.get(name) != getattr(facts, name) for name in DECIDED_BY):
        return
    client = call.client if stored.contact == Contact.REPEAT else None
    now = decide_contact(facts, client, call.rules, call.office.people)
    is_same = now is None or (now.rule, now.owner_user_id) == (stored.rule, stored.owner_user_id)
    if not is_same:
        call.trace(because(Code.DECISION_STANDS))


def wait_for_client(call: Call, facts: CallFacts) -> Deciding:
    """Take the id of a client whom another call was making when this one was decided. Raises Busy
    as long as the CRM has not told it."""
    if call.client is None or call.client.id or call.created.get("client_id"):
        return
    yield from hold_contact(call, facts)
    own = own_create(call)
    if own is None:
        return  # he could not be made: the call goes on unlinked
    if own.status != WriteStatus.DONE and own.session_row_id != call.id:
        raise Busy(CLIENT_SECONDS)
    _take_client(call, own)


def _take_client(call: Call, own: Write | None) -> None:
    """Take the id of a client of ours, if the CRM has told it by now. The contact is held."""
    if own and own.crm_id and call.client and not call.client.id:
        keep_client(call, replace(call.client, id=own.crm_id))


def _remember(call: Call, decision: Decision) -> None:
    what = {"rule": decision.rule, "contact": decision.contact, "create": decision.create}
    call.trace(*decision.reasons)
    if decision.actions or decision.kind == "contact":
        call.trace(
            because(Code.RULE, kind=decision.kind, **{k: v and str(v) for k, v in what.items()})
        )
    call.remember(decision)


def keep_client(call: Call, client: Client) -> None:
    """From here on this is the client of the call."""
    call.client = client
    known = asdict(client)
    kept = {name: known[name] for name in ("id", "name", "responsible_user_id", "url")}
    call.update_session(client=kept)
    if client.id:
        call.set_created("client_id", client.id)


def _plan_actions(call: Call, facts: CallFacts, decision: Decision, client: Client | None) -> None:
    links: dict[str, Any] = {}
    if client is not None:
        links["client"] = {"id": client.id} if client.id else {"key": _own_key(call)}
    for entity in decision.actions:
        write = plan_entity(call, facts, entity, decision.owner_user_id, links)
        links[str(entity)] = {"key": write.ledger_key}


def plan_entity(
    call: Call, facts: CallFacts, entity: Entity, owner: str | None, links: dict[str, Any]
) -> Write:
    """Plan the create of a client, lead or deal."""
    rendered = render_entity(call, facts, entity, owner)
    call.trace(*rendered.reasons)
    if entity is Entity.CLIENT:
        if not call.created.get("client_id"):  # decided anew, he may be there already
            keep_client(call, made_client(rendered, owner))
        return _plan_client(call, facts, rendered)
    key = call.key(entity)
    return call.plan(str(entity), key, rendered.body, links=dict(links), late=rendered.late)


def _plan_client(call: Call, facts: CallFacts, rendered: Rendered) -> Write:
    """Plan the client under the generation of his key that is open now.

    A create that failed for good for an earlier call is planned anew with this call's data.
    """
    generation = 1 + sum(row.closed_at is not None for row in call.clients)
    key = client_key(call.office.account_id or "", call.phone_hash(facts), generation)
    known = next((row for row in call.clients if row.ledger_key == key), None)
    if known is None:
        contact = contact_of(call, facts)
        return call.plan("client", key, rendered.body, late=rendered.late, contact=contact)
    call.writes[key] = known
    call.free.discard(key)
    if known.is_given_up:
        call.update(known, status=WriteStatus.PLANNED, body=rendered.body, refusals=0)
        call.update(known, late=rendered.late, is_stale=False, next_at=None)
    return known


def _own_key(call: Call) -> str:
    return [row.ledger_key for row in call.clients if row.closed_at is None][-1]


def _plan_task(call: Call, facts: CallFacts, decision: Decision) -> None:
    rule = call.rules.task_rule(decision.rule)  # type: ignore[arg-type]
    contact = _task_contact(call, facts)
    earlier = _open_task(call, facts) if rule.once_per_client else None
    if earlier is not None:
        line = render_line(call, facts, owner=decision.owner_user_id)
        links = {"task": {"key": earlier.ledger_key}}
        key, lines = call.key("taskline", decision.rule), lines_contact(earlier.ledger_key)
        call.plan("taskline", key, {"line": line}, links=links, contact=lines)
        return
    plan_own_task(call, facts, decision.rule, decision.owner_user_id, contact)


def plan_own_task(
    call: Call, facts: CallFacts, rule_name: str, owner: str | None, contact: str | None = None
) -> Write:
    """A task of this call's own, linked to its deal, else its lead, else its client."""
    rendered = render_task(call, facts, rule_name, owner)
    return call.plan(
        "task",
        call.key("task", rule_name),
        rendered.body,
        links=_task_links(call),
        contact=contact or _task_contact(call, facts),
    )


def _open_task(call: Call, facts: CallFacts) -> Write | None:
    """The youngest of our earlier call-back tasks for this client that may be open."""
    tasks = open_tasks(call, facts)
    return max(tasks, key=lambda row: row.planned_at or call.now(), default=None)


def open_tasks(call: Call, facts: CallFacts) -> list[Write]:
    """Call-back tasks that other calls made for this client (or phone), as the ledger has them now
    and as far as they are not known to be closed."""
    contacts = {
        _task_contact(call, facts),
        task_contact(call.office.integration_id, None, call.phone_hash(facts)),
    }
    return [
        row
        for row in call.read_contact(*sorted(contacts))
        if row.kind == "task"
        and row.closed_at is None
        and not row.is_given_up
        and row.session_row_id != call.id
    ]


def _task_contact(call: Call, facts: CallFacts) -> str:
    # A client whom this call made has his id since then; without one the phone has to do.
    client_id = (call.client.id if call.client else None) or call.created.get("client_id")
    return task_contact(call.office.integration_id, client_id, call.phone_hash(facts))


def _task_links(call: Call) -> dict[str, Any]:
    for entity in TASK_LINKS:
        key = call.key(entity)
        if key in call.writes and call.writes[key].status != WriteStatus.SKIPPED:
            return {str(entity): {"key": key}}
    contact = call.decisions["contact"]
    if call.client and call.client.id:
        return {"client": {"id": call.client.id}}
    made = next((w for w in call.writes.values() if w.kind == "client"), None)
    return {"client": {"key": made.ledger_key}} if made and contact.actions else {}
