"""Keeps what personal managers were answered with, after the answer: nobody waits for it.

One thread of the process writes what has come since it wrote last, in few statements. What a crash
takes with it is lost: the last quarter of a second of answers, which change nothing any more.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, Full, Queue
from time import monotonic
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from clients.errors import KeyRefusedError, RateLimitedError
from models import CrmAccount, ManagerAnswer
from models.base import from_ms, now_ms
from models.bulk import insert_rows
from services import breaker
from services.known_clients import Reading, remember
from services.pace import slow_down
from services.personal_manager import FoundManager

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.25
MOST_WAITING = 5_000
LARGEST_BATCH = 500
LONGEST = {"call_session_id": 64, "virtual_number": 40, "client_id": 100, "user_id": 100}
ANSWERS = ManagerAnswer.__table__
ACCOUNTS = CrmAccount.__table__


@dataclass(frozen=True)
class Told:
    """One answer as it was given; `at` is `time.monotonic()` then."""

    integration_id: int
    account_row_id: int
    found: FoundManager
    call_session_id: str | None
    virtual_number: str | None
    at: float


class ManagerLog:
    """The writer of one process; `reset` after a fork."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.reset()

    def reset(self) -> None:
        self._waiting: Queue[Told] = Queue(MOST_WAITING)
        self._writer: threading.Thread | None = None
        self._guard = threading.Lock()

    def note(self, told: Told) -> None:
        """Have an answer kept. Never waits, never raises; beyond some thousands it is dropped."""
        try:
            self._waiting.put_nowait(told)
        except Full:
            logger.warning("answers about managers come faster than they are kept")
            return
        writer = self._writer
        if writer is None or not writer.is_alive():
            self._start()

    def flush(self, seconds: float = 5.0) -> None:
        """Wait until everything noted so far is kept."""
        until = monotonic() + seconds
        while self._waiting.unfinished_tasks and monotonic() < until:
            threading.Event().wait(0.01)

    def _start(self) -> None:
        with self._guard:
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._work, name="manager-log", daemon=True)
                self._writer.start()

    def _work(self) -> None:
        while True:
            batch = [self._waiting.get()]
            threading.Event().wait(GATHER_SECONDS)
            with contextlib.suppress(Empty):
                while len(batch) < LARGEST_BATCH:
                    batch.append(self._waiting.get_nowait())
            self._keep(batch)
            for _ in batch:
                self._waiting.task_done()

    def _keep(self, batch: Sequence[Told]) -> None:
        """Each part in a transaction of its own: an answer is kept also if a reading cannot be."""
        for part in (_health, _readings, _answers):
            self._store(lambda connection, part=part: part(connection, batch))  # type: ignore[misc]

    def _store(self, part: Callable[[Connection], None]) -> None:
        # The driver's own error too: SQLite's turn is taken before SQLAlchemy sees the statement.
        troubles = SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error
        try:
            with self._engine.begin() as connection:
                part(connection)
        except troubles as error:
            logger.warning("answers about managers could not be kept: %s", type(error).__name__)


def _answers(connection: Connection, batch: Sequence[Told]) -> None:
    moment = _moments(connection)
    insert_rows(connection, ANSWERS, [_row(told, moment(told.at)) for told in batch])


def _row(told: Told, at: datetime) -> dict[str, Any]:
    found, answer = told.found, told.found.answer
    row: dict[str, Any] = {
        "integration_id": told.integration_id,
        "at": at,
        "call_session_id": told.call_session_id,
        "phone": found.phone.value if found.phone else None,
        "virtual_number": told.virtual_number,
        "client_id": found.client.id if found.client else None,
        "user_id": answer.user_id,
        "phones": list(answer.phones),
        "returned_code": answer.returned_code,
        "reason": found.reason,
        "source": str(found.source) if found.source else None,
        "milliseconds": found.milliseconds,
    }
    for name, longest in LONGEST.items():
        row[name] = row[name][:longest] if row[name] else None
    return row


def _readings(connection: Connection, batch: Sequence[Told]) -> None:
    """What the CRM told goes into the index."""
    moment = _moments(connection)
    remember(
        connection,
        [
            Reading(
                told.account_row_id, found.phone.value, asked.client, moment(asked.at), "manager"
            )
            for told in batch
            if (found := told.found).phone and (asked := found.asked)
            if found.trouble is None and not asked.error
        ],
    )


def _health(connection: Connection, batch: Sequence[Told]) -> None:
    """The account's rate is charged for what was asked: a caller who waits goes before work that
    can wait, and is made up for by it. A refused key or a limit is told to breaker and pace."""
    asked: dict[int, int] = {}
    for told in sorted(batch, key=lambda each: each.account_row_id):
        if told.found.asked is None:
            continue
        asked[told.account_row_id] = asked.get(told.account_row_id, 0) + 1
        error = told.found.asked.error
        if isinstance(error, RateLimitedError):
            slow_down(connection, told.account_row_id, error.retry_after)
        elif isinstance(error, KeyRefusedError):
            breaker.note_failure(connection, told.account_row_id, error)
    for account, count in asked.items():
        charge = ACCOUNTS.c.tokens - count
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(tokens=charge))


def _moments(connection: Connection) -> Callable[[float], datetime]:
    """Turns moments of `time.monotonic()` into the database's clock."""
    now = from_ms(connection.execute(select(now_ms())).scalar_one())
    here = monotonic()
    return lambda at: now - timedelta(seconds=max(0.0, here - at))
