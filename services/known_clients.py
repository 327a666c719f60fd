"""The index of clients: whose a number is and who looks after him, as last read from the CRM.

Every reading carries the moment before which it was asked for (`read_at`, the database's clock):
an older one never replaces a newer one, whichever is stored first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from models import KnownClient
from models.base import now_ms, to_ms
from models.bulk import any_of, insert_rows, many
from rules.crm import Client, OpenItem
from rules.phones import Phone

INDEX = KnownClient.__table__
LIMITS = {"client_id": 100, "name": 300, "responsible_user_id": 100, "url": 1000}
OF_CLIENT = (
    "client_id",
    "name",
    "responsible_user_id",
    "url",
    "open_leads",
    "open_deals",
    "created_at",
)
NEWER_WINS = (
    "ON CONFLICT (crm_account_row_id, phone) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*OF_CLIENT, "read_at", "source"))
    + " WHERE known_client.read_at <= excluded.read_at"
)


@dataclass(frozen=True)
class Known:
    """What the index says of a number: `client` None is "nobody has it". `age` in seconds."""

    client: Client | None
    age: float
    source: str


@dataclass(frozen=True)
class Reading:
    """A number and its client (None: nobody's) as the CRM told; `read_at` is before the question.

    `source`: call, event, refresh, manager.
    """

    account_row_id: int
    phone: str
    client: Client | None
    read_at: datetime
    source: str


def find(connection: Connection | Session, account_row_id: int, phone: Phone | str) -> Known | None:
    """What is known of a number; None if it was never asked for."""
    value = phone.value if isinstance(phone, Phone) else phone
    query = select(INDEX, now_ms().label("now_at")).where(
        INDEX.c.crm_account_row_id == account_row_id, INDEX.c.phone == value
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    age = (row.now_at - to_ms(row.read_at)) / 1000
    return Known(client_of(row), max(0.0, age), row.source)


def remember(connection: Connection | Session, readings: Iterable[Reading]) -> None:
    """Store readings; of two of one number the newer counts. One statement for all of them.

    The caller owns the transaction; who also locks the account's row does that before.
    """
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for reading in sorted(readings, key=lambda each: each.read_at):
        if reading.client is None or reading.client.id:
            rows[(reading.account_row_id, reading.phone)] = _row(reading)
    if isinstance(connection, Session):
        connection = connection.connection()
    # In one order, so that two writers never wait for each other.
    insert_rows(connection, INDEX, [rows[key] for key in sorted(rows)], or_else=NEWER_WINS)


def holders(
    connection: Connection, account_row_id: int, phones: Iterable[str]
) -> dict[str, Client]:
    """The clients who have these numbers by the index, by number; with that number only."""
    wanted = text(any_of(connection, "phone", "phones"))
    query = select(INDEX).where(
        INDEX.c.crm_account_row_id == account_row_id, INDEX.c.client_id.is_not(None), wanted
    )
    rows = connection.execute(query, {"phones": many(connection, set(phones))})
    return {row.phone: client for row in rows if (client := client_of(row))}


def client_of(row: Any) -> Client | None:
    """The client in a row of the index; of his numbers he has this one only."""
    if row.client_id is None:
        return None
    return Client(
        id=row.client_id,
        name=row.name,
        phones=(row.phone,),
        responsible_user_id=row.responsible_user_id,
        url=row.url,
        created_at=row.created_at,
        open_leads=tuple(OpenItem(**item) for item in row.open_leads),
        open_deals=tuple(OpenItem(**item) for item in row.open_deals),
    )


def _row(reading: Reading) -> dict[str, Any]:
    client = reading.client
    row: dict[str, Any] = {
        "crm_account_row_id": reading.account_row_id,
        "phone": reading.phone,
        "client_id": client.id if client else None,
        "name": client.name if client else None,
        "responsible_user_id": client.responsible_user_id if client else None,
        "url": client.url if client else None,
        "open_leads": [asdict(item) for item in client.open_leads] if client else [],
        "open_deals": [asdict(item) for item in client.open_deals] if client else [],
        "created_at": client.created_at if client else None,
        "read_at": reading.read_at,
        "source": reading.source,
    }
    for name, longest in LIMITS.items():
        row[name] = row[name][:longest] if row[name] else None
    return row
