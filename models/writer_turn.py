"""Whose turn it is to write to SQLite, between threads and processes.

SQLite lets waiting writers sleep for growing spans of up to 100 ms, so under load some wait for
seconds. Here they ask for a lock file each millisecond, one thread of a process at a time; it is
held from before BEGIN until after COMMIT, and the kernel frees it when a process dies.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from pathlib import Path
from time import monotonic, sleep
from typing import Any

PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.001
NO_TURN = "database is locked: no turn to write"


class WriterTurn:
    """The queue of one database file, for one process."""

    def __init__(self, path: str) -> None:
        self._threads = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> None:
        """Wait for the turn. Raises sqlite3.OperationalError after some seconds without it."""
        deadline = monotonic() + PATIENCE_SECONDS
        if not self._threads.acquire(timeout=PATIENCE_SECONDS):
            raise sqlite3.OperationalError(NO_TURN)
        try:
            while not self._is_ours():
                if monotonic() > deadline:
                    raise sqlite3.OperationalError(NO_TURN)
                sleep(LOOK_SECONDS)
        except BaseException:
            self._threads.release()
            raise

    def _is_ours(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_back(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()


_turns: dict[tuple[int, str], WriterTurn] = {}
_guard = threading.Lock()


def turn_of(path: str) -> WriterTurn:
    """The queue of a database file. After a fork the child opens its own: an inherited file would
    share its parent's lock."""
    key = (os.getpid(), path)
    with _guard:
        if key not in _turns:
            _turns[key] = WriterTurn(f"{path}.turn")
        return _turns[key]


class FairConnection(sqlite3.Connection):
    """A connection that gives its turn back when its transaction ends, however it ends."""

    _turn: WriterTurn | None = None
    _path: str | None = None

    def __init__(self, database: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(database, *args, **kwargs)
        if Path(str(database)).parent.is_dir() and str(database) not in ("", ":memory:"):
            self._path = os.path.abspath(str(database))

    def take_turn(self) -> None:
        """Wait until nobody else writes. Harmless if this connection has the turn already."""
        if self._path is not None and self._turn is None:
            turn = turn_of(self._path)
            turn.take()
            self._turn = turn

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self.end_turn()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.end_turn()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.end_turn()

    def end_turn(self) -> None:
        """Let the next one write."""
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.give_back()
