"""The table of cards: read, made once, changed only as it was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_, update

from models import Card
from models.base import now_ms
from models.bulk import inserting
from services.card_inbox import Key

CARDS = Card.__table__
OPEN = ("ringing", "talking")
KEPT_MS = 7 * 24 * 3_600_000

Row = dict[str, Any]


def read(connection: Connection, keys: Collection[Key]) -> dict[Key, Row]:
    """The cards of these calls, as far as there are any."""
    wanted = tuple_(CARDS.c.integration_id, CARDS.c.call_session_id).in_(sorted(keys))
    rows = connection.execute(select(CARDS).where(wanted)).mappings()
    return {(row["integration_id"], row["call_session_id"]): dict(row) for row in rows}


def find_open(connection: Connection, *, minutes: int = 300) -> list[Row]:
    """Cards of calls that are not over, of the last hours."""
    recent = CARDS.c.started_at > now_ms() - minutes * 60_000
    rows = connection.execute(select(CARDS).where(recent, CARDS.c.state.in_(OPEN))).mappings()
    return [dict(row) for row in rows]


def make(connection: Connection, values: Mapping[str, Any]) -> Row | None:
    """The new card; None if another process was quicker."""
    statement = inserting(connection, CARDS).values(**values, version=1, updated_at=now_ms())
    return _one(
        connection,
        statement.on_conflict_do_nothing(
            index_elements=["integration_id", "call_session_id"]
        ).returning(CARDS),
    )


def change(connection: Connection, row: Row, values: Mapping[str, Any]) -> Row | None:
    """The changed card; None if it is no longer as it was read."""
    statement = (
        update(CARDS)
        .where(CARDS.c.id == row["id"], CARDS.c.version == row["version"])
        .values(**values, version=row["version"] + 1, updated_at=now_ms())
        .returning(CARDS)
    )
    return _one(connection, statement)


def purge(connection: Connection) -> int:
    """Forget cards of calls that began a week ago; the call history keeps the calls."""
    return connection.execute(delete(CARDS).where(CARDS.c.started_at < now_ms() - KEPT_MS)).rowcount


def _one(connection: Connection, statement: Any) -> Row | None:
    row = connection.execute(statement).mappings().first()
    return None if row is None else dict(row)
