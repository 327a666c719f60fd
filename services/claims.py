"""Leases: whose work a call session is right now, and who may speak with the CRM about a contact.

A claim is one conditional UPDATE with a token. Every commit of the work checks the token first
(`still_mine`), so that a killed worker's work comes free soon and a slow one can no longer write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, Row, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from models import CallSession, ContactLock, CrmAccount, Integration
from models.base import now_ms

LEASE_MS = 10_000
# A session whose lease ended this often without a word is worked on alone: if it takes its worker
# down, it takes nobody with it, and it is known to be the one.
ALONE_FROM = 3
GIVE_UP_FROM = 8

SESSIONS = CallSession.__table__
LOCKS = ContactLock.__table__


def claim(connection: Connection, token: str, *, limit: int, alone: bool = False) -> list[Row[Any]]:
    """Take up to `limit` due sessions, the longest due first.

    While an account's breaker is open only sessions with new events are taken: their facts are
    worth showing, their writes wait. `alone` takes one of those that went silent before.
    """
    is_free = or_(SESSIONS.c.leased_until.is_(None), SESSIONS.c.leased_until < now_ms())
    may_write = or_(
        CrmAccount.breaker == "closed", SESSIONS.c.events_version > SESSIONS.c.folded_version
    )
    is_suspect = SESSIONS.c.suspicion >= ALONE_FROM
    due = (
        select(SESSIONS.c.id)
        .join(Integration, Integration.id == SESSIONS.c.integration_id)
        .join(CrmAccount, CrmAccount.id == Integration.crm_account_row_id)
        .where(
            SESSIONS.c.next_at <= now_ms(),
            is_free,
            may_write,
            is_suspect if alone else ~is_suspect,
        )
        .order_by(SESSIONS.c.next_at)
        .limit(1 if alone else limit)
        .with_for_update(of=SESSIONS, skip_locked=True)
    )
    # A lease that is still written down when it has run out ended without a word.
    silent = case((SESSIONS.c.lease_token.is_not(None), 1), else_=0)
    statement = (
        update(SESSIONS)
        .where(SESSIONS.c.id.in_(due))
        .values(
            lease_token=token,
            leased_until=now_ms() + LEASE_MS,
            suspicion=SESSIONS.c.suspicion + silent,
        )
        .returning(SESSIONS)
    )
    rows = connection.execute(statement).all()
    return sorted(rows, key=lambda row: (row.started_at, row.id))


def still_mine(connection: Connection, token: str, ids: Collection[int]) -> set[int]:
    """Of these sessions, those whose lease is still ours; holds them until the commit."""
    query = select(SESSIONS.c.id).where(SESSIONS.c.id.in_(sorted(ids)))
    query = query.where(SESSIONS.c.lease_token == token).order_by(SESSIONS.c.id)
    return set(connection.execute(query.with_for_update()).scalars())


def renew(connection: Connection, token: str, ids: Collection[int]) -> None:
    """Push our leases on; done every few seconds while work goes on."""
    until = now_ms() + LEASE_MS
    mine = SESSIONS.c.id.in_(sorted(ids)), SESSIONS.c.lease_token == token
    connection.execute(update(SESSIONS).where(*mine).values(leased_until=until))
    connection.execute(update(LOCKS).where(LOCKS.c.token == token).values(leased_until=until))


def give_back(connection: Connection, token: str, ids: Collection[int]) -> None:
    """Free what is ours, due as it was: the work was broken off, not finished."""
    mine = SESSIONS.c.id.in_(sorted(ids)), SESSIONS.c.lease_token == token
    free = update(SESSIONS).where(*mine).values(lease_token=None, leased_until=None)
    connection.execute(free)
    connection.execute(delete(LOCKS).where(LOCKS.c.token == token))


def lock(connection: Connection, token: str, keys: Iterable[str]) -> set[str]:
    """Take contact locks that are free or ran out; returns those that we hold now."""
    rows = [
        {"key": key, "token": token, "leased_until": now_ms() + LEASE_MS}
        for key in sorted(set(keys))
    ]
    if not rows:
        return set()
    is_sqlite = connection.dialect.name == "sqlite"
    statement = (insert_sqlite if is_sqlite else insert_postgresql)(LOCKS).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"token": statement.excluded.token, "leased_until": statement.excluded.leased_until},
        where=or_(LOCKS.c.leased_until < now_ms(), LOCKS.c.token == token),
    )
    return set(connection.execute(statement.returning(LOCKS.c.key)).scalars())


def unlock(connection: Connection, token: str, keys: Iterable[str]) -> None:
    known = sorted(set(keys))
    if known:
        connection.execute(delete(LOCKS).where(LOCKS.c.key.in_(known), LOCKS.c.token == token))


def locks_still_mine(connection: Connection, token: str, keys: Collection[str]) -> set[str]:
    """Of these contact locks, those that we still hold; holds them until the commit."""
    if not keys:
        return set()
    query = select(LOCKS.c.key).where(LOCKS.c.key.in_(sorted(keys)), LOCKS.c.token == token)
    return set(connection.execute(query.order_by(LOCKS.c.key).with_for_update()).scalars())
