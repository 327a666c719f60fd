"""The CRM's answers put into their cards; and cards that nobody looks after any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from clients.errors import RateLimitedError
from models import CrmAccount
from models.base import now_ms
from rules.cards import is_stale
from rules.phones import Phone
from services import console_events, known_clients, pace
from services.card_context import client_as_json, read_stages
from services.card_errands import Errands, Found, LookUp, Told
from services.card_inbox import Key
from services.card_rows import CARDS, Row
from services.card_view import open_for, view
from services.offices import Office, Offices

FORSAKEN_SECONDS = 5.0
# What an answer may replace: none is taken back by a later one that knows less.
REPLACED_BY = {
    "known": ("asking", "away", "unknown"),
    "unknown": ("asking", "away"),
    "away": ("asking",),
}


def take_result(connection: Connection, result: Found | Told) -> None:
    """Store what an errand brought, and tell those who look at the card."""
    if isinstance(result, Told):
        _note_told(connection, result)
        return
    if isinstance(result.error, RateLimitedError):
        pace.slow_down(connection, result.asked.office.account_row_id, result.error.retry_after)
    if result.error is None:
        known_clients.remember(connection, [_reading(result)])
    _complete(connection, result)


def look_after(
    session: Session, offices: Offices, rows: list[Row], errands: Errands, now: datetime
) -> set[Key]:
    """The calls whose end never came. A look-up is begun again if it died with its process, if
    Behomes did not answer and is not known to be away, or if the caller has become a client
    meanwhile, by our rules or by a colleague."""
    stale: set[Key] = set()
    for row in rows:
        key = (row["integration_id"], row["call_session_id"])
        if is_stale(row["state"], row["updated_at"], now):
            stale.add(key)
        if row["id"] in errands.out or not row["client_phone"]:
            continue
        office = offices.get(session, key[0])
        if _may_be_known(session, office, row, now):
            phone = Phone(row["client_phone"], row["client_phone"].startswith("+"))
            errands.look_up(LookUp(row["id"], key, office, phone, now))
    return stale


def _may_be_known(session: Session, office: Office, row: Row, now: datetime) -> bool:
    age: float = (now - row["updated_at"]).total_seconds()
    match row["crm_state"]:
        case "asking":
            return age > FORSAKEN_SECONDS
        case "away":
            return age > FORSAKEN_SECONDS and _answers(session, office)
        case "unknown":
            known = known_clients.find(session, office.account_row_id, row["client_phone"])
            return known is not None and known.client is not None
    return False


def _answers(session: Session, office: Office) -> bool:
    breaker = select(CrmAccount.breaker).where(CrmAccount.id == office.account_row_id)
    return bool(session.scalar(breaker) == "closed")


def _complete(connection: Connection, found: Found) -> None:
    values: dict[str, Any] = {"crm_state": found.crm_state}
    before = REPLACED_BY[found.crm_state]
    if found.error is None:
        values["client"] = _client(connection, found)
    changed = (
        connection.execute(
            update(CARDS)
            .where(CARDS.c.id == found.asked.card_id, CARDS.c.crm_state.in_(before))
            .values(**values, version=CARDS.c.version + 1, updated_at=now_ms())
            .returning(CARDS)
        )
        .mappings()
        .first()
    )
    if changed is None:
        return
    row = dict(changed)
    console_events.publish_many(
        connection,
        [
            (row["integration_id"], who, console_events.CARD, view(row, who))
            for who in row["employees"]
            if open_for(row, who)
        ],
    )


def _reading(found: Found) -> known_clients.Reading:
    asked = found.asked
    account = asked.office.account_row_id
    return known_clients.Reading(account, asked.phone.value, found.client, asked.asked_at, "call")


def _client(connection: Connection, found: Found) -> dict[str, Any] | None:
    client, office = found.client, found.asked.office
    if client is None:
        return None
    has_open = client.open_leads or client.open_deals
    session = Session(connection)
    stages = read_stages(session, office.integration_id) if has_open else {}
    return client_as_json(client, office, stages)


def _note_told(connection: Connection, told: Told) -> None:
    of_card = CARDS.c.id == told.tell.card_id
    stored = connection.execute(select(CARDS.c.told).where(of_card).with_for_update()).scalar()
    if stored is not None:
        noted = stored | {told.tell.body["event"]: told.result}
        connection.execute(update(CARDS).where(of_card).values(told=noted))
