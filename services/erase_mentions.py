"""What becomes of rows that name a number, by their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from models import CallSession
from rules.reasons import Code
from services.erase_keyed import Number
from services.number_tables import GONE_WITH_IT, changes
from services.wipe_calls import lock_free, wipe

SESSIONS = CallSession.__table__


def erase_mentions(
    connection: Connection,
    table: Table,
    rows: Sequence[Any],
    number: Number,
    files: list[tuple[int, int]],
) -> tuple[int, int]:
    """Erase the number from these rows; returns how many have to wait for a call that is worked on,
    and how many calls turned out to be this number's."""
    if not rows:
        return 0, 0
    if table.name in GONE_WITH_IT:
        connection.execute(delete(table).where(table.c.id.in_([row.id for row in rows])))
        return 0, 0
    if table.name == "call_session":
        return _in_calls(connection, rows, number), 0
    wiped: set[int] = set()
    busy: set[int] = set()
    if table.name == "notification":
        wiped, busy = _wipe_unread(connection, rows, files)
    waiting = 0
    for row in rows:
        call = getattr(row, "session_row_id", None)
        if call in busy:
            waiting += 1
        elif call not in wiped or call is None:
            _rewrite(connection, table, row, number)
    return waiting, len(wiped)


def _wipe_unread(
    connection: Connection, rows: Sequence[Any], files: list[tuple[int, int]]
) -> tuple[set[int], set[int]]:
    """Calls that nobody has folded yet do not know whose they are; their events do."""
    ids = {row.session_row_id for row in rows if row.session_row_id is not None}
    query = select(SESSIONS.c.id).where(
        SESSIONS.c.id.in_(ids), SESSIONS.c.folded_version == 0, SESSIONS.c.erased_at.is_(None)
    )
    unread = set(connection.execute(query).scalars())
    calls = lock_free(connection, unread) if unread else []
    files += wipe(connection, calls, why=Code.ERASED)
    done = {call.id for call in calls}
    return done, unread - done


def _in_calls(connection: Connection, rows: Sequence[Any], number: Number) -> int:
    """Calls of others that name the number. One that is worked on would write it back: it waits;
    one of this number's own is wiped as a whole, by another step."""
    others = [row.id for row in rows if row.client_phone != number.value]
    free = lock_free(connection, others)
    for row in free:
        _rewrite(connection, SESSIONS, row, number)
    left = set(others) - {row.id for row in free}
    erased = select(SESSIONS.c.id).where(SESSIONS.c.id.in_(left), SESSIONS.c.erased_at.is_not(None))
    for row_id in connection.execute(erased).scalars().all():
        row = connection.execute(select(SESSIONS).where(SESSIONS.c.id == row_id)).one()
        _rewrite(connection, SESSIONS, row, number)
        left.discard(row_id)
    return len(left)


def _rewrite(connection: Connection, table: Table, row: Any, number: Number) -> None:
    values: dict[str, Any] = dict(changes(table, row, number.traces))
    if table.name == "click_call" and "phone" in values:
        values["links"] = {}
    if values:
        connection.execute(update(table).where(table.c.id == row.id).values(values))
