"""What the CRM no longer has: somebody deleted it while a call was still using it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from clients.errors import NotFoundError
from rules.facts import CallFacts
from rules.keys import client_key
from rules.reasons import Code, because
from rules.vocabulary import Contact, Entity
from services.call import Call, Write
from services.look_up import contact_of, hold_contact, match_by_phone
from services.steps import Step

Doing = Generator[Step, Any, None]


def replace_client(call: Call, facts: CallFacts, gone: str | None) -> Doing:
    """Look a vanished client up once more. Another one with this phone takes his place; our own of
    a *first* contact is planned anew; else the call goes on unlinked."""
    call.trace(because(Code.CLIENT_GONE, client_id=gone))
    if facts.client_phone is None:
        _relink(call, None)
        return
    yield from hold_contact(call, facts)
    old = _close_key(call, gone)
    match = yield from match_by_phone(call, facts.client_phone, but=gone)
    contact = call.decisions.get("contact")
    if match.client:
        call.trace(*match.reasons)
        _relink(call, {"id": match.client.id})
    elif old is not None and contact is not None and contact.contact == Contact.FIRST:
        _relink(call, {"key": _plan_anew(call, facts, old).ledger_key})
    else:
        _relink(call, None)


def let_go(call: Call, entity: str) -> None:
    """Something that this call made was deleted: nothing links to it any more, and it stays so."""
    for write in call.writes.values():
        if write.kind == entity and write.session_row_id == call.id and not write.closed_at:
            call.update(write, closed_at=call.now())
    if call.created.get(f"{entity}_id"):
        call.set_created(f"{entity}_id", None)


def named_in(error: NotFoundError) -> set[str]:
    """The entities that the CRM names as gone; empty if it does not say which."""
    fields = {part for detail in error.details for part in detail.field.split(".")}
    return {entity for entity in Entity if f"{entity}_id" in fields}


def _close_key(call: Call, gone: str | None) -> Write | None:
    """Our own create of the vanished client is closed: the next one gets the next key."""
    for row in call.clients:
        if row.crm_id == gone and row.closed_at is None:
            call.update(row, closed_at=call.now())
            return row
    return None


def _plan_anew(call: Call, facts: CallFacts, old: Write) -> Write:
    """Plan our vanished client again, under the next generation of his key."""
    generation = int(old.ledger_key.rsplit("|", 1)[1]) + 1
    key = client_key(call.office.account_id or "", call.phone_hash(facts), generation)
    # Of an erased call its body is gone: the number is known all the same.
    phone = facts.client_phone
    body = old.body or {"phones": [phone.value] if phone else []}
    return call.plan("client", key, body, late=old.late, contact=contact_of(call, facts))


def _relink(call: Call, link: dict[str, Any] | None) -> None:
    """Give the open writes of this call another client, or none."""
    for write in list(call.writes.values()):
        if write.is_open and "client" in write.links:
            links = {name: each for name, each in write.links.items() if name != "client"}
            body = {name: value for name, value in write.body.items() if name != "client_id"}
            call.update(write, links=links | ({"client": link} if link else {}), body=body)
    call.set_created("client_id", link.get("id") if link else None)
