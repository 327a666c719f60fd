"""Which contacts the calls of one drain hold, and who waits for one.

Between processes a lease row decides (`services/claims.py`); within one, calls of the same contact
simply queue.
"""

from __future__ import annotations

from collections import deque

from sqlalchemy import Connection

from services import claims
from services.active import Active
from services.call import Write
from services.call_rows import read_contacts
from services.steps import Lock


class ContactLocks:
    """One thread uses it; `token` names its leases."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._holders: dict[str, Active] = {}
        self._wanting: deque[tuple[Active, Lock]] = deque()

    @property
    def is_wanted(self) -> bool:
        return bool(self._wanting)

    def want(self, active: Active, lock: Lock) -> None:
        self._wanting.append((active, lock))

    def take(self, connection: Connection) -> list[tuple[Active, list[Write] | None]]:
        """Try to take what is wanted and not held by another call here. Returns who may go on: with
        the ledger's rows of the contact, or None if another worker has it."""
        asked: dict[str, tuple[Active, Lock]] = {}
        waiting: deque[tuple[Active, Lock]] = deque()
        for active, lock in self._wanting:
            if lock.key in self._holders or lock.key in asked:
                waiting.append((active, lock))
            else:
                asked[lock.key] = (active, lock)
        self._wanting = waiting
        got = claims.lock(connection, self._token, asked)
        rows = read_contacts(connection, {asked[key][1].contact for key in got})
        for key in got:
            active = asked[key][0]
            active.locks.add(key)
            self._holders[key] = active
        return [
            (active, rows[lock.contact] if key in got else None)
            for key, (active, lock) in asked.items()
        ]

    def free(self, active: Active) -> None:
        """Let those go on who wait here for what this call held."""
        for key in active.locks:
            self._holders.pop(key, None)
