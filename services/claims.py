"""Leases: whose work a call session is right now, and who may speak with the CRM about a contact.

A claim is one conditional UPDATE with a token. Every commit of the work checks the token first
(`still_mine`), so that a killed worker's work comes free soon and a slow one can no longer write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    exists,
    or_,
    select,
    text,
    true,
    update,
)

from models import CallSession, ContactLock, CrmAccount, Decision, Integration
from models.base import now_ms
from models.bulk import any_of, insert_returning, many
from models.integration import LIVE

LEASE_MS = 10_000
# A session whose lease ended this often without a word is worked on alone: if it takes its worker
# down, it takes nobody with it, and it is known to be the one.
ALONE_FROM = 3
GIVE_UP_FROM = 8
# While some calls of an account wait for an answer, as many again can be prepared.
CALLS_PER_LANE = 2
LATE_PER_LANE = 1
LOOK_AHEAD = 2

SESSIONS = CallSession.__table__
DECISIONS = Decision.__table__
LOCKS = ContactLock.__table__


def claim(
    connection: Connection, token: str, *, limit: int, held: Mapping[int, int], alone: bool = False
) -> list[Row[Any]]:
    """Take up to `limit` due sessions, the longest due first, of no account more than its pace can
    use: `held` says how many we have of each. A slow CRM must not hold up the others.

    Calls that only the report told of are over for long: they get what the others leave, and never
    all of an account. While an account's breaker is open only sessions with new events are taken:
    their facts are worth showing, their writes wait. `alone` takes one of those that went silent
    before.
    """
    told = _due(connection, limit, held, ~SESSIONS.c.from_report, CALLS_PER_LANE, alone=alone)
    fair = _fair_share(told, held, CALLS_PER_LANE)[:limit]
    if len(fair) < limit:
        with_told = Counter(held)
        with_told.update(row.account for row in told if row.id in set(fair))
        late = SESSIONS.c.from_report & ~_follows_undecided()
        found = _due(connection, limit, with_told, late, LATE_PER_LANE, alone=alone)
        fair += _fair_share(found, with_told, LATE_PER_LANE)[: limit - len(fair)]
    if not fair:
        return []
    # A lease that is still written down when it has run out ended without a word.
    silent = case((SESSIONS.c.lease_token.is_not(None), 1), else_=0)
    statement = (
        update(SESSIONS)
        .where(SESSIONS.c.id.in_(fair))
        .values(
            lease_token=token,
            leased_until=now_ms() + LEASE_MS,
            suspicion=SESSIONS.c.suspicion + silent,
        )
        .returning(SESSIONS)
    )
    rows = connection.execute(statement).all()
    return sorted(rows, key=lambda row: (row.started_at, row.id))


def _due(
    connection: Connection,
    limit: int,
    held: Mapping[int, int],
    which: ColumnElement[bool],
    per_lane: int,
    *,
    alone: bool,
) -> Sequence[Row[Any]]:
    """Sessions that could be taken, locked until the commit; of accounts with room only."""
    is_free = or_(SESSIONS.c.leased_until.is_(None), SESSIONS.c.leased_until < now_ms())
    may_write = or_(
        CrmAccount.breaker == "closed", SESSIONS.c.events_version > SESSIONS.c.folded_version
    )
    is_suspect = SESSIONS.c.suspicion >= ALONE_FROM
    busy = [account for account, count in held.items() if count]
    has_room: ColumnElement[bool] = CrmAccount.id.not_in(busy) if busy else true()
    for account, count in held.items():
        has_room = or_(
            has_room, and_(CrmAccount.id == account, CrmAccount.in_flight * per_lane > count)
        )
    query = (
        select(SESSIONS.c.id, CrmAccount.id.label("account"), CrmAccount.in_flight)
        .join(Integration, Integration.id == SESSIONS.c.integration_id)
        .join(CrmAccount, CrmAccount.id == Integration.crm_account_row_id)
        .where(
            SESSIONS.c.next_at <= now_ms(),
            is_free,
            may_write,
            LIVE,
            is_suspect if alone else ~is_suspect,
            has_room,
            which,
        )
        .order_by(SESSIONS.c.next_at)
        .limit(1 if alone else limit * LOOK_AHEAD)
        .with_for_update(of=SESSIONS, skip_locked=True)
    )
    return connection.execute(query).all()


def _follows_undecided() -> ColumnElement[bool]:
    """Another call of the same number that only the report told of began earlier and is not
    decided yet: of two first contacts the earlier is the first.

    Looked up call by call, by the index of the number: joined, each of thousands would be compared
    with all the others.
    """
    earlier = SESSIONS.alias("earlier")
    is_decided = exists().where(DECISIONS.c.session_row_id == earlier.c.id)
    one = (
        select(earlier.c.id)
        .where(
            earlier.c.integration_id == SESSIONS.c.integration_id,
            earlier.c.client_phone == SESSIONS.c.client_phone,
            earlier.c.from_report,
            earlier.c.state == "waiting",
            or_(
                earlier.c.started_at < SESSIONS.c.started_at,
                and_(earlier.c.started_at == SESSIONS.c.started_at, earlier.c.id < SESSIONS.c.id),
            ),
            ~is_decided,
        )
        .order_by(earlier.c.started_at)
        .limit(1)
    )
    return one.correlate(SESSIONS).scalar_subquery().is_not(None)


def _fair_share(rows: Sequence[Row[Any]], held: Mapping[int, int], per_lane: int) -> list[int]:
    """Of due sessions in their order, those that leave each account within its share."""
    counts = Counter(held)
    fair = []
    for row in rows:
        if counts[row.account] < row.in_flight * per_lane:
            counts[row.account] += 1
            fair.append(row.id)
    return fair


def still_mine(connection: Connection, token: str, ids: Collection[int]) -> set[int]:
    """Of these sessions, those whose lease is still ours; holds them until the commit."""
    query = (
        f"SELECT id FROM call_session WHERE {any_of(connection, 'id', 'ids')} "
        f"AND lease_token = :token ORDER BY id {_for_update(connection)}"
    )
    parameters = {"ids": many(connection, ids), "token": token}
    return set(connection.execute(text(query), parameters).scalars())


def renew(connection: Connection, token: str, ids: Collection[int]) -> None:
    """Push our leases on; done every few seconds while work goes on."""
    until = now_ms() + LEASE_MS
    mine = SESSIONS.c.id.in_(sorted(ids)), SESSIONS.c.lease_token == token
    connection.execute(update(SESSIONS).where(*mine).values(leased_until=until))
    connection.execute(update(LOCKS).where(LOCKS.c.token == token).values(leased_until=until))


def lock(connection: Connection, token: str, keys: Iterable[str]) -> set[str]:
    """Take contact locks that are free or ran out; returns those that we hold now. In one order,
    so that two workers never wait for each other."""
    wanted = sorted(set(keys))
    if not wanted:
        return set()
    now = connection.execute(select(now_ms())).scalar_one()
    rows = [{"key": key, "token": token, "leased_until": now + LEASE_MS} for key in wanted]
    or_else = (
        "ON CONFLICT (key) DO UPDATE SET token = excluded.token, "
        "leased_until = excluded.leased_until "
        f"WHERE contact_lock.leased_until < excluded.leased_until - {LEASE_MS} "
        "OR contact_lock.token = excluded.token"
    )
    return {
        row.key
        for row in insert_returning(connection, LOCKS, rows, or_else=or_else, returning="key")
    }


def unlock(connection: Connection, token: str, keys: Iterable[str]) -> None:
    known = set(keys)
    if known:
        query = f"DELETE FROM contact_lock WHERE {any_of(connection, 'key', 'keys')}"
        parameters = {"keys": many(connection, known), "token": token}
        connection.execute(text(f"{query} AND token = :token"), parameters)


def locks_still_mine(connection: Connection, token: str, keys: Collection[str]) -> set[str]:
    """Of these contact locks, those that we still hold; holds them until the commit."""
    if not keys:
        return set()
    query = (
        f"SELECT key FROM contact_lock WHERE {any_of(connection, 'key', 'keys')} "
        f"AND token = :token ORDER BY key {_for_update(connection)}"
    )
    parameters = {"keys": many(connection, keys), "token": token}
    return set(connection.execute(text(query), parameters).scalars())


def _for_update(connection: Connection) -> str:
    """SQLite has one writer at a time and no row locks."""
    return "" if connection.dialect.name == "sqlite" else "FOR UPDATE"
