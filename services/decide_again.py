"""Decide a call anew with today's settings, under the keys that it has: what is there stays.

Whether the contact was a first or a repeat one is a fact of the moment of the call and stays as it
was decided; what is made of it, and for whom, is decided by the settings of now.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from rules.crm import Client
from rules.facts import CallFacts
from rules.reasons import Code, because
from rules.vocabulary import Contact, Entity, WriteStatus
from services.call import Call, Write
from services.look_up import hold_contact, look_up
from services.steps import Step

CREATED_BY_CONTACT = (Entity.CLIENT, Entity.LEAD, Entity.DEAL)
CREATED_BY_TASK = (Entity.TASK, "taskline")
REACHED_CRM = (WriteStatus.SENT, WriteStatus.DONE)


def client_again(call: Call, facts: CallFacts) -> Generator[Step, Any, Client | None]:
    """Whom the call belonged to when it was decided before: nobody of a first contact, although
    the client that it made is there by now. Holds the contact."""
    before = call.earlier["contact"]
    if before.contact == Contact.FIRST:
        yield from hold_contact(call, facts)
        return None
    if before.contact == Contact.REPEAT and call.client is not None:
        yield from hold_contact(call, facts)
        return replace(call.client, id=call.client.id or call.created.get("client_id") or "")
    client = yield from look_up(call, facts)
    return client


def reconsider(call: Call, *kinds: str) -> None:
    """When a call is decided anew, its writes that never reached the CRM may be planned afresh."""
    if call.earlier:
        call.free |= {
            key
            for key, write in call.writes.items()
            if write.kind in kinds and _is_ours(call, write)
        }


def leave_out(call: Call) -> None:
    """Give up what could have been planned afresh and was not."""
    for key in sorted(call.free):
        write = call.writes[key]
        if write.status != WriteStatus.SKIPPED:
            call.update(write, status=WriteStatus.SKIPPED, next_at=None)
            call.trace(because(Code.WRITE_LEFT_OUT, kind=write.kind))
    call.free.clear()


def has_own_task(call: Call) -> bool:
    """Whether an earlier decision made a task, or a line in one, that may be there."""
    return bool(call.earlier) and any(
        write.kind in CREATED_BY_TASK
        and write.session_row_id == call.id
        and write.status in REACHED_CRM
        and write.closed_at is None
        for write in call.writes.values()
    )


def _is_ours(call: Call, write: Write) -> bool:
    """Not sent, and nobody else's business: other calls may wait for a client who is planned."""
    if write.session_row_id != call.id or write.closed_at is not None:
        return False
    if write.kind == Entity.CLIENT:
        return write.is_given_up
    return write.status not in REACHED_CRM
