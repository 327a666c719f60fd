"""Keep the index of clients fresh from the CRM's own list: page after page, slowly, resumable.

Every ten minutes the clients that changed since the last reading are read, with an overlap; the
first time all of them. A page goes through the account's pace and breaker like any other request.
A page that fails counts for nothing; after three failures the reading is given up, and the next
one begins where this one began.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, null, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.behomes import BehomesClient
from clients.errors import (
    AmbiguousError,
    ClientError,
    KeyRefusedError,
    RateLimitedError,
)
from models import CrmAccount, Integration, KnownClient
from models.base import from_ms, now_ms, reading, to_ms
from models.integration import LIVE
from rules.crm import Client
from rules.known_clients import clients_by_number, numbers_of
from services import breaker
from services.known_clients import Reading, holders, remember
from services.pace import Pace, slow_down
from services.ports import Ports
from services.side_by_side import side_by_side

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
OVERLAP = timedelta(minutes=15)
LEASE = timedelta(seconds=60)
PAGE_SECONDS = 20.0
TRIES = 3
LATER = timedelta(seconds=30)
ACCOUNTS = CrmAccount.__table__
INDEX = KnownClient.__table__


@dataclass(frozen=True)
class Turn:
    """A page that this process may read now. `cursor` is the reading as it stood before."""

    account_row_id: int
    crm: BehomesClient
    country: str
    cursor: dict[str, Any]
    asked_at: datetime

    @property
    def since(self) -> datetime | None:
        return from_ms(self.cursor["since"]) if self.cursor["since"] else None


def refresh_due(engine: Engine, ports: Ports) -> int:
    """Read one page of each account whose time has come; returns how many were read."""
    due = _due(engine)
    return sum(side_by_side(lambda account: _read_page(engine, ports, account), due, ports))


def _due(engine: Engine) -> list[int]:
    is_due = or_(
        ACCOUNTS.c.clients_cursor.is_not(None),
        ACCOUNTS.c.clients_read_at.is_(None),
        ACCOUNTS.c.clients_read_at < now_ms() - EVERY // timedelta(milliseconds=1),
    )
    live = select(Integration.crm_account_row_id).where(LIVE)
    query = select(ACCOUNTS.c.id).where(
        ACCOUNTS.c.breaker == "closed", ACCOUNTS.c.id.in_(live), is_due
    )
    with reading(), engine.connect() as connection:
        return list(connection.execute(query.order_by(ACCOUNTS.c.id)).scalars())


def _read_page(engine: Engine, ports: Ports, account_row_id: int) -> bool:
    found = _client(engine, ports, account_row_id)
    if found is None or not found[0].supports("list_clients"):
        return False
    pace = Pace(secrets.token_hex(12))
    turn = _take_turn(engine, pace, account_row_id, *found)
    if turn is None:
        return False
    try:
        clients, following = turn.crm.clients_page(
            turn.since, turn.cursor["position"], timeout=PAGE_SECONDS
        )
        _store(engine, turn, clients, following)
        return True
    except ClientError as error:
        logger.warning("list of clients, account %s: %s", account_row_id, error.code)
        _fail(engine, turn, error)
        return False
    finally:
        with engine.begin() as connection:
            pace.release(connection)


def _client(engine: Engine, ports: Ports, account_row_id: int) -> tuple[BehomesClient, str] | None:
    query = select(Integration).where(LIVE, Integration.crm_account_row_id == account_row_id)
    with reading(), Session(engine) as session:
        integration = session.scalars(query.order_by(Integration.id.desc()).limit(1)).first()
        return (ports.crm(integration), integration.default_country) if integration else None


def _take_turn(
    engine: Engine, pace: Pace, account_row_id: int, crm: BehomesClient, country: str
) -> Turn | None:
    """The next page, if pace allows one and nobody else is reading; the lease is written down."""
    with engine.begin() as connection:
        row = connection.execute(
            select(ACCOUNTS, now_ms().label("now_at"))
            .where(ACCOUNTS.c.id == account_row_id)
            .with_for_update()
        ).one()
        now = from_ms(row.now_at)
        cursor = row.clients_cursor or _new_cursor(row, now)
        if cursor["leased_until"] > row.now_at or not pace.take(connection, account_row_id, 1):
            return None
        leased = cursor | {"leased_until": to_ms(now + LEASE)}
        _keep(connection, account_row_id, clients_cursor=leased)
    return Turn(account_row_id, crm, country, cursor, now)


def _new_cursor(row: Any, now: datetime) -> dict[str, Any]:
    since = to_ms(row.clients_read_till - OVERLAP) if row.clients_read_till else None
    return {
        "since": since,
        "began": to_ms(now),
        "position": None,
        "seen": None,
        "tries": 0,
        "leased_until": 0,
    }


def _store(
    engine: Engine, turn: Turn, clients: tuple[Client, ...], following: dict[str, Any] | None
) -> None:
    """The page's clients and where the reading stands, in one transaction."""
    seen = hashlib.sha256("\n".join(client.id for client in clients).encode()).hexdigest()
    if clients and seen == turn.cursor["seen"]:
        raise AmbiguousError("the same page comes again", code="unexpected_answer")
    with engine.begin() as connection:
        if following is None:
            _keep(
                connection,
                turn.account_row_id,
                clients_cursor=null(),
                clients_read_till=from_ms(turn.cursor["began"]),
                clients_read_at=now_ms(),
            )
        else:
            there = {"position": following, "seen": seen, "tries": 0, "leased_until": 0}
            _keep(connection, turn.account_row_id, clients_cursor=turn.cursor | there)
        _take_over(connection, turn, clients)


def _take_over(connection: Connection, turn: Turn, clients: tuple[Client, ...]) -> None:
    _forget_stale(connection, turn, clients)
    phones = {phone.value for client in clients for phone in numbers_of(client, turn.country)}
    held = holders(connection, turn.account_row_id, phones)
    owners = clients_by_number(clients, held, turn.country)
    listed = {client.id for client in clients}
    remember(
        connection,
        [
            Reading(turn.account_row_id, phone, client, turn.asked_at, "refresh")
            for phone, client in owners.items()
            if client.id in listed
        ],
    )


def _forget_stale(connection: Connection, turn: Turn, clients: tuple[Client, ...]) -> None:
    """Numbers that these clients had when they were read before, and have no more."""
    kept = {
        (client.id, phone.value) for client in clients for phone in numbers_of(client, turn.country)
    }
    ids = sorted({client.id for client in clients})
    query = select(INDEX.c.phone, INDEX.c.client_id).where(
        INDEX.c.crm_account_row_id == turn.account_row_id,
        INDEX.c.client_id.in_(ids),
        INDEX.c.read_at < turn.asked_at,
    )
    stale = [row.phone for row in connection.execute(query) if (row[1], row[0]) not in kept]
    if stale:
        connection.execute(
            delete(INDEX).where(
                INDEX.c.crm_account_row_id == turn.account_row_id,
                INDEX.c.phone.in_(stale),
                INDEX.c.read_at < turn.asked_at,
            )
        )


def _fail(engine: Engine, turn: Turn, error: ClientError) -> None:
    """The page counts for nothing: it is read again a little later, or the reading given up."""
    tries = turn.cursor["tries"] + 1
    with engine.begin() as connection:
        now = from_ms(connection.execute(select(now_ms())).scalar_one())
        again = {"tries": tries, "leased_until": to_ms(now + LATER)}
        values: dict[str, Any] = {"clients_cursor": turn.cursor | again}
        if tries >= TRIES:
            logger.error("list of clients, account %s: given up", turn.account_row_id)
            values = {"clients_cursor": null(), "clients_read_at": now}
        _keep(connection, turn.account_row_id, **values)
        if isinstance(error, RateLimitedError):
            slow_down(connection, turn.account_row_id, error.retry_after)
        elif isinstance(error, KeyRefusedError):
            # Slow pages alone must not stop the work on calls: only a dead key is told on.
            breaker.note_failure(connection, turn.account_row_id, error)


def _keep(connection: Connection, account_row_id: int, **values: Any) -> None:
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_row_id).values(values))
