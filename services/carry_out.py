"""Carry out a planned create: at most once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from clients.behomes import BehomesClient
from clients.errors import (
    AlreadyThereError,
    ClientError,
    KeyRefusedError,
    NotFoundError,
    UnsupportedError,
)
from rules.crm import Created, CrmRecord
from rules.facts import CallFacts
from rules.reasons import Code, because
from rules.vocabulary import Entity, WriteStatus
from services import failures, vanished
from services.call import Call, Write
from services.look_up import as_client, hold_contact, know, match_by_phone
from services.rendering import render_again
from services.steps import Send, Step

Doing = Generator[Step, Any, None]
CREATES = (Entity.CLIENT, Entity.LEAD, Entity.DEAL, Entity.TASK)
LINK_MEMBERS = {"client": "client_id", "lead": "lead_id", "deal": "deal_id"}


def carry_out_creates(call: Call, facts: CallFacts) -> Doing:
    """Carry out what this call is to create and what that depends on, in their order."""
    for entity in CREATES:
        for write in _of_kind(call, entity):
            if write.is_open and _is_due(call, write):
                yield from carry_out(call, facts, write)
            if write.status == WriteStatus.DONE:
                _note_created(call, write)
    yield from _link_deal_to_lead(call)


def carry_out(call: Call, facts: CallFacts, write: Write) -> Doing:
    """One create: settle it if it may have been sent, else send it."""
    if write.kind == Entity.CLIENT:
        yield from hold_contact(call, facts)
    if write.status == WriteStatus.SENT:
        yield from _settle(call, write)
    if write.status != WriteStatus.PLANNED or not _is_due(call, write):
        return
    if write.is_stale:
        render_again(call, facts, write)
    body = body_with_links(call, write)
    if body is None:
        return
    if write.kind == Entity.CLIENT and not call.looked_up_here:
        yield from _find_existing(call, facts, write)
    if write.status == WriteStatus.PLANNED:
        yield from _send(call, facts, write, body)


def body_with_links(call: Call, write: Write) -> dict[str, Any] | None:
    """The body with the ids of what it is linked to; None while one of them is still being made.

    A lead or deal that was set aside does not hold its neighbours up: the link is left out. Nothing
    is made without its client.
    """
    body = dict(write.body)
    for entity, link in write.links.items():
        crm_id = linked_id(call, link)
        if crm_id is None and entity != Entity.CLIENT and _is_set_aside(call, link):
            continue
        if crm_id is None:
            return None
        if write.kind == Entity.TASK:
            body["link"] = {"entity": entity, "id": crm_id}
        else:
            body[LINK_MEMBERS[entity]] = crm_id
    return body


def linked_id(call: Call, link: Mapping[str, Any]) -> str | None:
    if "id" in link:
        return str(link["id"])
    write = call.writes.get(link["key"])
    return write.crm_id if write and write.status == WriteStatus.DONE else None


def _is_set_aside(call: Call, link: Mapping[str, Any]) -> bool:
    write = call.writes.get(str(link.get("key")))
    is_without_id = write is not None and write.status == WriteStatus.DONE and not write.crm_id
    return write is not None and (write.is_given_up or is_without_id)


def _link_deal_to_lead(call: Call) -> Doing:
    """A deal that was made while its lead was set aside is linked as soon as the lead is there."""
    for deal in _of_kind(call, Entity.DEAL):
        lead_id = linked_id(call, deal.links["lead"]) if "lead" in deal.links else None
        deal_id = deal.crm_id
        if deal.status != WriteStatus.DONE or lead_id is None or deal.body.get("lead_id"):
            continue
        changes = {"lead_id": lead_id}
        yield Send("update_deal", partial(_update_deal, deal_id=str(deal_id), changes=changes))
        call.update(deal, body=deal.body | changes)


def _update_deal(crm: BehomesClient, *, deal_id: str, changes: dict[str, Any]) -> None:
    crm.update(Entity.DEAL, deal_id, changes)


def done(call: Call, write: Write, crm_id: str) -> None:
    call.update(
        write,
        status=WriteStatus.DONE,
        crm_id=crm_id,
        done_at=call.now(),
        next_at=None,
        error=None,
    )


def _of_kind(call: Call, entity: Entity) -> list[Write]:
    """The creates of one kind that matter to this call; a client may be another call's create."""
    return [
        write
        for write in list(call.writes.values())
        if write.kind == entity and write.closed_at is None
    ]


def _is_due(call: Call, write: Write) -> bool:
    return write.next_at is None or write.next_at <= call.now()


def _find_existing(call: Call, facts: CallFacts, write: Write) -> Doing:
    """People create clients too: look before making one that was decided some time ago."""
    if facts.client_phone is None:
        return
    match = yield from match_by_phone(call, facts.client_phone)
    if match.client:
        call.trace(because(Code.WRITE_FOUND, kind=write.kind, crm_id=match.client.id, count=1))
        done(call, write, match.client.id)


def _send(call: Call, facts: CallFacts, write: Write, body: dict[str, Any]) -> Doing:
    entity, reference = write.kind, write.reference

    def mark_sent() -> None:
        call.update(
            write,
            status=WriteStatus.SENT,
            body=body,
            sent_at=call.now(),
            attempts=write.attempts + 1,
            next_at=call.now() + timedelta(seconds=call.knobs.settle_seconds),
        )

    try:
        created: Created = yield Send(
            f"create_{entity}",
            lambda crm: crm.create(entity, body, reference=reference),
            mark_sent,
        )
    except KeyRefusedError:
        call.update(write, status=WriteStatus.PLANNED, attempts=write.attempts - 1, next_at=None)
        raise
    except AlreadyThereError:
        yield from _settle(call, write)
        return
    except NotFoundError as error:
        yield from _without_vanished(call, facts, write, error)
        return
    except ClientError as error:
        failures.create_failed(call, write, error)
        return
    done(call, write, created.id)
    call.trace(because(Code.WRITE_DONE, kind=write.kind, crm_id=created.id))
    if entity == Entity.CLIENT and facts.client_phone is not None and created.created:
        know(call, facts.client_phone, as_client(write, facts.client_phone), call.now())


def _settle(call: Call, write: Write) -> Doing:
    """Search for what may have been made. Only what was not found for `settle_seconds` after it
    was sent is planned again."""
    entity, reference, asked_at = write.kind, write.reference, call.now()
    try:
        found: tuple[CrmRecord, ...] = yield Send(
            f"find_{entity}", lambda crm: crm.find_by_reference(entity, reference)
        )
    except UnsupportedError:
        found = ()  # this CRM cannot be searched: only time tells
    except KeyRefusedError:
        raise
    except ClientError as error:
        failures.search_failed(call, write, error)
        return
    if found:
        oldest = min(
            found, key=lambda record: (record.created_at is None, record.created_at or 0, record.id)
        )
        if len(found) > 1:
            call.trace(because(Code.DUPLICATE_ALARM, kind=write.kind, count=len(found)))
            call.note_double(write, oldest.id, [record.id for record in found])
        call.trace(because(Code.WRITE_FOUND, kind=write.kind, crm_id=oldest.id, count=len(found)))
        done(call, write, oldest.id)
        return
    settled_at = (write.sent_at or call.now()) + timedelta(seconds=call.knobs.settle_seconds)
    if asked_at < settled_at:
        call.update(write, next_at=settled_at)
        return
    call.update(write, status=WriteStatus.PLANNED, next_at=None)


def _without_vanished(call: Call, facts: CallFacts, write: Write, error: NotFoundError) -> Doing:
    """The CRM does not know something that we link to: look once more, then go on unlinked."""
    call.update(write, status=WriteStatus.PLANNED, next_at=None)
    link = write.links.get("client")
    if link is None or facts.client_phone is None:
        failures.link_lost(call, write, error)
        return
    yield from vanished.replace_client(call, facts, linked_id(call, link))
    yield from carry_out_creates(call, facts)


def _note_created(call: Call, write: Write) -> None:
    name = f"{write.kind}_id"
    if call.created.get(name) != write.crm_id:
        call.set_created(name, write.crm_id)
