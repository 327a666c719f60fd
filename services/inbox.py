"""Store notifications durably before they are answered: few statements, shared commits.

A request thread hands its row over and waits. If no other thread is writing, it writes at once
itself, together with all rows that are waiting; the rows that come meanwhile go with the next
write, done by one of those who wait. So one process has one writer at a time (SQLite's tail is bad
with many), and under load one commit serves many requests.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

LARGEST_BATCH = 50
STATEMENT_SECONDS = 4
COLUMNS = (
    "integration_id",
    "event_key",
    "kind",
    "call_session_id",
    "state",
    "members",
    "raw",
    "error",
)
NOW_SQLITE = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"
NOW_POSTGRESQL = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


class NotStored(Exception):
    """The database cannot take the notification now; the sender is told to come back."""


@dataclass(eq=False)
class _Ticket:
    """A row that waits. `turn` is set when it is written, or when its thread is to write next."""

    row: tuple[Any, ...]
    turn: threading.Event = field(default_factory=threading.Event)
    is_done: bool = False
    is_new: bool = False
    error: Exception | None = None


class Inbox:
    """The writer of one process; safe to use from many threads, and after a fork by `reset`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._statements: dict[int, str] = {}
        self.reset()

    def reset(self) -> None:
        """Forget the connection and who waits: they belong to the process before the fork."""
        self._lock = threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self._is_writing = False
        self._connection: Any = None

    def store(self, row: tuple[Any, ...]) -> bool:
        """Store one row (`COLUMNS`; `members` as JSON text); False if it was there already.

        Returns only after the commit. Raises NotStored if the database cannot be written.
        """
        ticket = _Ticket(row)
        with self._lock:
            self._waiting.append(ticket)
            is_writer, self._is_writing = not self._is_writing, True
        if not is_writer:
            ticket.turn.wait()
        if not ticket.is_done:
            self._write_waiting()
        if ticket.error is not None:
            raise NotStored from ticket.error
        return ticket.is_new

    def _write_waiting(self) -> None:
        """Write all that wait, wake them, and give the next write to one who came meanwhile."""
        with self._lock:
            count = min(len(self._waiting), LARGEST_BATCH)
            batch = [self._waiting.popleft() for _ in range(count)]
        error, new_keys = self._write_or_error([ticket.row for ticket in batch])
        for ticket in batch:
            key = ticket.row[:2]
            ticket.is_done, ticket.error, ticket.is_new = True, error, key in new_keys
            # Twins in one batch: the first is new, the others are duplicates of it.
            new_keys.discard(key)
            ticket.turn.set()
        with self._lock:
            if self._waiting:
                self._waiting[0].turn.set()
            else:
                self._is_writing = False

    def _write_or_error(
        self, rows: list[tuple[Any, ...]]
    ) -> tuple[Exception | None, set[tuple[Any, ...]]]:
        """Write; on a connection that died while it was idle, once more on a new one. The rows have
        unique keys, so writing them twice is harmless."""
        had_connection = self._connection is not None
        try:
            return None, self._write(rows)
        except self._engine.dialect.loaded_dbapi.Error as error:
            self._drop_connection()
            if not had_connection or self._is_sqlite:
                return error, set()
        try:
            return None, self._write(rows)
        except self._engine.dialect.loaded_dbapi.Error as error:
            self._drop_connection()
            return error, set()

    def _write(self, rows: list[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
        connection = self._connected()
        cursor = connection.cursor()
        try:
            if self._is_sqlite:
                connection.take_turn()
            values = [value for row in rows for value in row]
            cursor.execute(self._statement(len(rows)), values)
            return {tuple(found) for found in cursor.fetchall()}
        finally:
            cursor.close()
            if self._is_sqlite:
                connection.end_turn()

    def _connected(self) -> Any:
        """A connection of our own that commits each statement by itself: one round trip."""
        if self._connection is None:
            try:
                pooled = self._engine.raw_connection()
            except DBAPIError as error:
                assert error.orig is not None
                raise error.orig from error
            pooled.detach()
            self._connection = pooled.dbapi_connection
            if self._is_sqlite:
                self._connection.execute(f"PRAGMA busy_timeout = {STATEMENT_SECONDS * 1000}")
            else:
                self._connection.autocommit = True
                self._connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(self._engine.dialect.loaded_dbapi.Error):
                connection.close()

    def _statement(self, count: int) -> str:
        if count not in self._statements:
            mark, now = ("?", NOW_SQLITE) if self._is_sqlite else ("%s", NOW_POSTGRESQL)
            row = f"({', '.join([mark] * len(COLUMNS))}, {now})"
            self._statements[count] = (
                f"INSERT INTO notification ({', '.join(COLUMNS)}, received_at) "
                f"VALUES {', '.join([row] * count)} "
                "ON CONFLICT (integration_id, event_key) DO NOTHING "
                "RETURNING integration_id, event_key"
            )
        return self._statements[count]
