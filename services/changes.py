"""What the work on one call wants to have stored: collected, then written in one go.

The drain works on many calls at once and commits for all of them together, so a call's work only
says what it wants. Nothing of a call is stored if its work fails before it yields.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from models import CallSession, CrmWrite, Decision, TraceEntry
from rules.reasons import Reason

Row = dict[str, Any]
SESSIONS = CallSession.__table__
WRITES = CrmWrite.__table__
DECISIONS = Decision.__table__
TRACE = TraceEntry.__table__


class Changes:
    """The wishes of one call. `at` is the database's moment, for columns that want one."""

    def __init__(self) -> None:
        self.traces: list[Row] = []
        self.decisions: list[Row] = []
        self.plans: list[Row] = []
        self.updates: dict[str, Row] = {}  # ledger key -> columns
        self.session: tuple[int, Row] | None = None

    def trace(self, session_row_id: int, at: Any, reasons: Iterable[Reason]) -> None:
        self.traces += [
            {
                "session_row_id": session_row_id,
                "at": at,
                "code": str(reason.code),
                "values": dict(reason.values),
            }
            for reason in reasons
        ]

    def decide(self, row: Row) -> None:
        self.decisions.append(row)

    def plan(self, row: Row) -> None:
        self.plans.append(row)

    def update_write(self, ledger_key: str, **columns: Any) -> None:
        self.updates.setdefault(ledger_key, {}).update(columns)

    def update_session(self, row_id: int, **columns: Any) -> None:
        known = self.session[1] if self.session else {}
        self.session = (row_id, known | columns)

    @property
    def is_empty(self) -> bool:
        return not (self.traces or self.decisions or self.plans or self.updates or self.session)


def store(connection: Connection, many: Iterable[Changes]) -> None:
    """Write the wishes of many calls, the same statement for all of them together."""
    wishes = [changes for changes in many if not changes.is_empty]
    plans = [row for changes in wishes for row in changes.plans]
    if plans:
        connection.execute(_insert_once(connection), plans)
    _insert(connection, DECISIONS, [row for changes in wishes for row in changes.decisions])
    _insert(connection, TRACE, [row for changes in wishes for row in changes.traces])
    updates = [
        {"b_key": key} | columns for changes in wishes for key, columns in changes.updates.items()
    ]
    for rows in _by_columns(updates):
        connection.execute(update(WRITES).where(WRITES.c.ledger_key == bindparam("b_key")), rows)
    sessions = [
        {"b_key": changes.session[0]} | changes.session[1] for changes in wishes if changes.session
    ]
    for rows in _by_columns(sessions):
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == bindparam("b_key")), rows)


def _insert(connection: Connection, table: Any, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _insert_once(connection: Connection) -> Any:
    """A planned write that is there already stays as it is."""
    is_sqlite = connection.dialect.name == "sqlite"
    statement = (insert_sqlite if is_sqlite else insert_postgresql)(WRITES)
    return statement.on_conflict_do_nothing(index_elements=["ledger_key"])


def _by_columns(rows: list[Row]) -> Iterable[list[Row]]:
    """Rows that set the same columns share one statement; it sets what the first row names."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(sorted(row))].append(row)
    return groups.values()
