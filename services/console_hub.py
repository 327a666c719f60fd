"""Hands the consoles' events to the open streams of this process.

One thread reads them for all: woken over Redis, without it each second. A stream waits at a queue
of its own and holds no connection. The thread also says who is there, and closes the streams whose
session is over.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import monotonic
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from models import ConsoleEvent
from models.base import reading
from services import meters, presence
from services.console_passes import Pass, keep_awake, still_good, still_visible
from services.doorbell import CONSOLES, Doorbell

LOOK_SECONDS = 1.0
CHECK_SECONDS = 15.0
OVERLAP = 200
LONGEST_QUEUE = 1000  # a browser that takes nothing for so many events is gone

EVENTS = ConsoleEvent.__table__
# Made once: building a statement costs as much as running it.
IDS_AFTER = select(EVENTS.c.id).where(EVENTS.c.id > bindparam("after")).order_by(EVENTS.c.id)
BY_IDS = (
    select(EVENTS).where(EVENTS.c.id.in_(bindparam("ids", expanding=True))).order_by(EVENTS.c.id)
)

logger = logging.getLogger(__name__)

# Whose events: an integration, and in it an employee (None: only what is for everybody).
Ear = tuple[int, str | None]


@dataclass(frozen=True)
class Told:
    """One event on its way to a page."""

    id: int
    kind: str
    integration_id: int
    data: Mapping[str, Any]


class NoRoom(Exception):
    """As many streams are open as this process may hold beside its other work."""


@dataclass(eq=False)
class Listener:
    """An open stream: who listens, by what right, to what. None in the queue: it is over."""

    login_id: int
    right: Pass
    ears: frozenset[Ear]
    queue: SimpleQueue[Told | None] = field(default_factory=SimpleQueue)
    # Whether the browser has hung up: its thread would notice that with the second heartbeat only.
    is_gone: Callable[[], bool] = lambda: False

    @property
    def pairs(self) -> set[tuple[int, int]]:
        """Login and integration, for each integration that is listened to."""
        return {(self.login_id, office) for office, _ in self.ears}


class Hub:
    """`room`: how many streams may be open at once."""

    def __init__(
        self,
        engine: Engine,
        redis_url: str | None,
        *,
        room: int,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._redis_url = redis_url
        self._room = room
        self._is_stopping = is_stopping
        self.reset()

    def reset(self) -> None:
        """Forget streams and thread: they belong to the process before the fork."""
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None
        self._till = 0
        self._seen: deque[int] = deque(maxlen=OVERLAP * 4)
        self._known: set[int] = set()
        self._checked_at = 0.0
        self._let_go_at = 0.0
        self._marked: set[tuple[int, int]] = set()

    @property
    def count(self) -> int:
        return len(self._listeners)

    def open(self, listener: Listener) -> None:
        """From now on its events arrive. Raises NoRoom, or SQLAlchemyError without a database."""
        with self._lock:
            if len(self._listeners) >= self._room:
                raise NoRoom
            if self._thread is None:
                with reading(), self._engine.connect() as connection:
                    self._till = last_id(connection)
                    self._read(connection)  # what is there already is told by the snapshot
                self._thread = threading.Thread(target=self._run, name="consoles", daemon=True)
                self._thread.start()
            self._listeners.add(listener)
            meters.level("console_streams", len(self._listeners))

    def close(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)
            meters.level("console_streams", len(self._listeners))

    def _run(self) -> None:
        """Until nobody listens any more."""
        doorbell = Doorbell(self._redis_url, CONSOLES)
        troubles = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error)
        while self._is_needed():
            try:
                self._hand_out()
                self._let_go()
                self._check_sometimes()
            except troubles as error:
                logger.warning("consoles wait for the database: %s", type(error).__name__)
            except Exception:
                # The edge of this thread: without it all pages of this process would fall silent.
                logger.exception("consoles could not be told")
            doorbell.wait(LOOK_SECONDS, alone=LOOK_SECONDS)
        doorbell.close()

    def _is_needed(self) -> bool:
        with self._lock:
            if self._is_stopping():
                _end(self._listeners)
                self._listeners.clear()
                meters.level("console_streams", 0)
            if not self._listeners:
                self._thread = None
            return bool(self._listeners)

    def _hand_out(self) -> None:
        with reading(), self._engine.connect() as connection:
            news = self._read(connection)
        if not news:
            return
        by_ear: dict[Ear, list[Told]] = defaultdict(list)
        for employee_id, told in news:
            by_ear[(told.integration_id, employee_id)].append(told)
        for listener in self._all():
            everybody = {(office, None) for office, _ in listener.ears}
            mine = [told for ear in listener.ears | everybody for told in by_ear.get(ear, ())]
            for told in sorted(mine, key=lambda each: each.id):
                listener.queue.put(told)
            if listener.queue.qsize() > LONGEST_QUEUE:
                self.close(listener)
                _end([listener])

    def _let_go(self) -> None:
        """Each second: free the threads of browsers that have hung up."""
        if monotonic() - self._let_go_at < LOOK_SECONDS:
            return
        self._let_go_at = monotonic()
        gone = [listener for listener in self._all() if listener.is_gone()]
        for listener in gone:
            self.close(listener)
        _end(gone)

    def _read(self, connection: Connection) -> list[tuple[str | None, Told]]:
        """What came since the last look; ids that were committed late are found by the overlap."""
        ids = connection.scalars(IDS_AFTER, {"after": self._till - OVERLAP})
        new = [row_id for row_id in ids if row_id not in self._known]
        for row_id in new:
            self._note(row_id)
        return read_events(connection, new)

    def _note(self, row_id: int) -> None:
        self._till = max(self._till, row_id)
        if len(self._seen) == self._seen.maxlen:
            self._known.discard(self._seen[0])
        self._seen.append(row_id)
        self._known.add(row_id)

    def _check_sometimes(self) -> None:
        """Say who is there, and end the streams of those who may listen no more."""
        listeners = self._all()
        pairs = {pair for listener in listeners for pair in listener.pairs}
        if monotonic() - self._checked_at < CHECK_SECONDS and pairs <= self._marked:
            return
        self._checked_at, self._marked = monotonic(), pairs
        rights = {listener.right for listener in listeners}
        good = still_good(self._engine, rights)
        visible = still_visible(self._engine, pairs)
        over = [each for each in listeners if each.right not in good or not each.pairs <= visible]
        for listener in over:
            self.close(listener)
        _end(over)
        keep_awake(self._engine, good)
        with self._engine.begin() as connection:
            presence.mark_seen(connection, pairs & visible)

    def _all(self) -> list[Listener]:
        with self._lock:
            return list(self._listeners)


def last_id(connection: Connection) -> int:
    """The id of the newest event."""
    return int(connection.execute(select(func.coalesce(func.max(EVENTS.c.id), 0))).scalar_one())


def read_events(connection: Connection, ids: Collection[int]) -> list[tuple[str | None, Told]]:
    """Events with the employee whom each is for."""
    if not ids:
        return []
    return [
        (row.employee_id, Told(row.id, row.kind, row.integration_id, row.data))
        for row in connection.execute(BY_IDS, {"ids": list(ids)})
    ]


def _end(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        listener.queue.put(None)
