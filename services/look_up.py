"""Which client a call belongs to: the CRM's search, checked again, and our own recent creates."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from clients.errors import NotFoundError, UnsupportedError
from rules.crm import Client, CrmRecord
from rules.facts import CallFacts
from rules.keys import client_contact, client_key, reference_prefix
from rules.match import Match, choose_client
from rules.phones import Phone, variants
from rules.reasons import Code, because
from rules.vocabulary import Entity, WriteStatus
from services.call import Call, Write
from services.known_clients import Reading
from services.steps import Busy, Lock, Send, Step
from services.vault import keyed_hash

LookUp = Generator[Step, Any, Client | None]


def hold_contact(call: Call, facts: CallFacts) -> Generator[Step, Any, None]:
    """Hold the contact until the work ends. Raises Busy if another worker has it.

    From here on `call.clients` are the creates of a client with this phone, and nobody else's.
    """
    if call.is_locked or facts.client_phone is None:
        return
    key = f"a{call.office.account_row_id}|{call.phone_hash(facts)}"
    rows: list[Write] | None = yield Lock(key, contact_of(call, facts))
    if rows is None:
        raise Busy
    call.is_locked = True
    call.take_clients(rows)


def look_up(call: Call, facts: CallFacts) -> LookUp:
    """The client with this phone, None if there is none. Holds the contact from here on.

    A client that we are making ourselves counts at once, while the CRM's search still lags; his id
    is empty as long as the CRM has not told it.
    """
    yield from hold_contact(call, facts)
    assert facts.client_phone is not None
    match = yield from match_by_phone(call, facts.client_phone)
    own = own_create(call)
    if match.client is None and own is not None and (yield from _is_alive(call, own)):
        call.trace(because(Code.CLIENT_FOUND_OURS, client_id=own.crm_id))
        ours = as_client(own, facts.client_phone)
        know(call, facts.client_phone, ours, call.now())
        return ours
    call.trace(*match.reasons)
    call.looked_up_here = True
    if match.client and (yield from _is_own_and_forgotten(call, facts, match.client)):
        return None
    return match.client


def _is_own_and_forgotten(
    call: Call, facts: CallFacts, client: Client
) -> Generator[Step, Any, bool]:
    """Whether this very call has made the client, before our database was put back to a backup:
    then it is the first contact still, and its create finds what it has made."""
    if not call.may_be_forgotten or own_create(call) is not None:
        return False
    key = client_key(call.office.account_id or "", call.phone_hash(facts), 1)
    reference = reference_prefix(Entity.CLIENT) + keyed_hash(call.office.reference_key, key)
    try:
        found: tuple[CrmRecord, ...] = yield Send(
            "find_client", lambda crm: crm.find_by_reference(Entity.CLIENT, reference)
        )
    except UnsupportedError:
        return False
    made = next((record for record in found if record.id == client.id), None)
    return made is not None and (made.created_at or call.started_at) >= call.started_at


def match_by_phone(
    call: Call, phone: Phone, *, but: str | None = None
) -> Generator[Step, Any, Match]:
    """Whose the phone is by the CRM's search, told to the index too; `but` is a client who is known
    to be gone, whatever the search still says."""
    asked_at = call.now()
    hits = yield from find_by_phone(call, phone)
    others = [hit for hit in hits if hit.id != but] if but else hits
    match = choose_client(others, phone, country=call.office.country)
    if call.office.crm.supports("search_by_phone"):
        know(call, phone, match.client, asked_at)
    return match


def know(call: Call, phone: Phone, client: Client | None, read_at: datetime) -> None:
    """Put into the index whose a number is; `read_at` is before the CRM was asked."""
    account = call.office.account_row_id
    call.changes.known.append(Reading(account, phone.value, client, read_at, "call"))


def find_by_phone(call: Call, phone: Phone) -> Generator[Step, Any, tuple[Client, ...]]:
    spellings = variants(phone, call.office.country)
    try:
        found: tuple[Client, ...] = yield Send(
            "find_clients", lambda crm: crm.find_clients(spellings)
        )
    except UnsupportedError:
        return ()
    return found


def own_create(call: Call) -> Write | None:
    """Our create of a client with this phone, unless it failed for good or the client is gone."""
    alive = [row for row in call.clients if row.closed_at is None and not row.is_given_up]
    return alive[-1] if alive else None


def contact_of(call: Call, facts: CallFacts) -> str:
    return client_contact(call.office.account_id or "", call.phone_hash(facts))


def _is_alive(call: Call, own: Write) -> Generator[Step, Any, bool]:
    """Long after the create a search without a hit may mean that a person deleted the client."""
    age = call.now() - (own.done_at or call.now())
    if own.status != WriteStatus.DONE or age < timedelta(seconds=call.knobs.settle_seconds):
        return True
    client_id = own.crm_id or ""
    try:
        yield Send("get_client", lambda crm: crm.get_client(client_id))
    except NotFoundError:
        call.trace(because(Code.CLIENT_GONE, client_id=client_id))
        call.update(own, closed_at=call.now())
        return False
    return True


def as_client(own: Write, phone: Phone) -> Client:
    """The client whom we are making or have made, as we know him."""
    client = Client(id=own.crm_id or "", name=own.body.get("name"), phones=(phone.value,))
    return replace(client, responsible_user_id=own.body.get("responsible_user_id"))
