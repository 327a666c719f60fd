"""Looks into the server's database from outside, without loading the server's code."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from bench import processes

ACKNOWLEDGED_WAIT = 0.1


@contextmanager
def connection(database_url: str) -> Iterator[Any]:
    """A connection that commits each statement; closed at the end."""
    if database_url.startswith("sqlite:///"):
        opened: Any = sqlite3.connect(
            database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30
        )
        opened.execute("PRAGMA synchronous=NORMAL")
    else:
        opened = psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True)
    try:
        yield opened
    finally:
        opened.close()


def server_of(opened: Any) -> int | None:
    """The process id of the database server; None for SQLite, which has none."""
    if isinstance(opened, sqlite3.Connection):
        return None
    return processes.parent(int(opened.info.backend_pid))


class Calls:
    """Calls that came after this was made."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self._after = self._one("SELECT coalesce(max(id), 0) FROM call_session")

    def written(self) -> int:
        """How many are completely written to the CRM."""
        return self._one(
            "SELECT count(*) FROM call_session WHERE state = 'written' "
            f"AND lease_token IS NULL AND id > {self._after}"
        )

    def last_at(self) -> float:
        """When the last of them was, in seconds since 1970."""
        return self._one(f"SELECT max(updated_at) FROM call_session WHERE id > {self._after}") / 1e3

    def wait_for(self, amount: int, seconds: float) -> None:
        """Wait until so many are written. Raises TimeoutError."""
        ends_at = time.monotonic() + seconds
        while (written := self.written()) < amount:
            if time.monotonic() > ends_at:
                raise TimeoutError(f"{written} of {amount} calls after {seconds:.0f} seconds")
            time.sleep(ACKNOWLEDGED_WAIT)

    def _one(self, query: str) -> int:
        return int(self._opened.execute(query).fetchone()[0])
