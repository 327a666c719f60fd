"""Keep the call-backs up to date with the calls: worked out anew for each client one of whose calls
has ended, or now says something else than before.

The drain marks such calls (`is_promise_due`) in the statement that gives them back, so none can be
missed. All of a client's calls are read, so their order does not matter; whoever works out holds
the integration, so two of them never write the same client.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update
from sqlalchemy.engine import Engine

from models import Callback, CallSession, Integration, KnownClient
from models.base import reading
from models.integration import LIVE
from rules.vocabulary import Outcome
from services import console_events
from services.callback_desk import Desk, open_desk
from services.callback_rows import write_episodes

BATCH = 200
SESSIONS = CallSession.__table__
CALLBACKS = Callback.__table__
CLIENTS = KnownClient.__table__


def keep_up(engine: Engine) -> int:
    """Work out what is due, of all integrations. Returns of how many calls; safe to call at any
    time, by several processes at once."""
    with reading(), engine.connect() as connection:
        query = select(SESSIONS.c.integration_id).where(SESSIONS.c.is_promise_due)
        ids = sorted(connection.execute(query.join(Integration).where(LIVE).distinct()).scalars())
    worked = 0
    for integration_id in ids:
        while count := _keep_up_batch(engine, integration_id):
            worked += count
    if worked:
        console_events.wake()
    return worked


def work_out(connection: Connection, desk: Desk, phones: Collection[str]) -> bool:
    """Bring the call-backs of the clients with these numbers up to date; the caller holds the
    integration (`open_desk`). Tells whether anything has changed."""
    is_changed = False
    done: set[str] = set()
    left = deque(_clients(connection, desk, phones))
    while left:
        client = left.popleft()
        if client.phones <= done:
            continue
        done |= client.phones
        changed, strangers = write_episodes(
            connection, desk, client.phones, client.client_id, client.name
        )
        is_changed = is_changed or changed
        left.extend(_clients(connection, desk, strangers - done))
    return is_changed


def count_open(connection: Connection, integration_id: int) -> int:
    query = select(func.count()).where(
        CALLBACKS.c.integration_id == integration_id, CALLBACKS.c.closed_at.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def tell_consoles(connection: Connection, integration_id: int) -> None:
    """Let every open console of the office know how many call-backs are open."""
    data = {"integration": integration_id, "open": count_open(connection, integration_id)}
    console_events.publish(connection, integration_id, None, "callbacks", data)


def _keep_up_batch(engine: Engine, integration_id: int) -> int:
    with engine.begin() as connection:
        desk = open_desk(connection, integration_id)
        if desk is None:
            return 0
        phones = _take_due(connection, integration_id)
        if work_out(connection, desk, {phone for phone in phones if phone}):
            tell_consoles(connection, integration_id)
    return len(phones)


def _take_due(connection: Connection, integration_id: int) -> list[str | None]:
    """Unmark some calls and return their numbers. What is read afterwards is at least as new as
    what marked them; a call that a worker stores just now is left for the next time."""
    due = (
        select(SESSIONS.c.id)
        .where(SESSIONS.c.integration_id == integration_id, SESSIONS.c.is_promise_due)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(SESSIONS)
        .where(SESSIONS.c.id.in_(due.scalar_subquery()))
        .values(is_promise_due=False)
        .returning(SESSIONS.c.client_phone)
    )
    return list(connection.execute(statement).scalars())


@dataclass(frozen=True)
class _Client:
    """Numbers that belong to one client, as far as the index of clients knows."""

    phones: frozenset[str]
    client_id: str | None = None
    name: str | None = None


def _clients(connection: Connection, desk: Desk, phones: Iterable[str]) -> list[_Client]:
    """The clients behind these numbers who were ever missed; the others have no call-backs."""
    wanted = set(phones)
    if not wanted:
        return []
    mine = CLIENTS.c.crm_account_row_id == desk.crm_account_row_id
    known = {
        row.phone: row
        for row in connection.execute(
            select(CLIENTS.c.phone, CLIENTS.c.client_id, CLIENTS.c.name).where(
                mine, CLIENTS.c.phone.in_(sorted(wanted)), CLIENTS.c.client_id.is_not(None)
            )
        )
    }
    siblings: dict[str, set[str]] = {}
    ids = sorted({row.client_id for row in known.values()})
    if ids:
        query = select(CLIENTS.c.phone, CLIENTS.c.client_id)
        for row in connection.execute(query.where(mine, CLIENTS.c.client_id.in_(ids))):
            siblings.setdefault(row.client_id, set()).add(row.phone)
    named = {row.client_id: row.name for row in known.values()}
    found = [_Client(frozenset({phone})) for phone in sorted(wanted - set(known))]
    found += [_Client(frozenset(siblings[each]), each, named[each]) for each in ids]
    missed = _ever_missed(connection, desk, {each for one in found for each in one.phones})
    return [one for one in found if one.phones & missed]


def _ever_missed(connection: Connection, desk: Desk, phones: Collection[str]) -> set[str]:
    """Of these numbers, those with a lost call or with a call-back."""
    among = sorted(phones)
    lost = select(SESSIONS.c.client_phone).where(
        SESSIONS.c.integration_id == desk.integration_id,
        SESSIONS.c.client_phone.in_(among),
        SESSIONS.c.outcome == Outcome.LOST,
    )
    kept = select(CALLBACKS.c.contact).where(
        CALLBACKS.c.integration_id == desk.integration_id, CALLBACKS.c.contact.in_(among)
    )
    rows = [*connection.execute(lost.distinct()).scalars(), *connection.execute(kept).scalars()]
    return set(rows)
