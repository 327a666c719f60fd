"""What open consoles are told: stored first, in the teller's own transaction; then rung for.

with engine.begin() as connection:
    console_events.publish(connection, integration_id, employee_id, "dial", {...})
console_events.wake()
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert

from models import ConsoleEvent
from models.base import now_ms
from services.doorbell import CONSOLES, Bell

CARD, DIAL, CALLBACKS, PRESENCE = "card", "dial", "callbacks", "presence"
KINDS = (CARD, DIAL, CALLBACKS, PRESENCE)
KEPT_MS = 10 * 60_000

EVENTS = ConsoleEvent.__table__
_bells: list[Bell] = []


def use(redis_url: str | None) -> None:
    """From now on `wake` rings over this Redis; said once by each process."""
    _bells[:] = [Bell(redis_url, CONSOLES)]


def publish(
    connection: Connection,
    integration_id: int,
    employee_id: str | None,
    kind: str,
    data: Mapping[str, Any],
) -> None:
    """Store an event for the consoles of one employee, or of everybody (None) of the office.

    Seen twice it must do no harm: `data` says how things stand, not what has changed.
    """
    publish_many(connection, [(integration_id, employee_id, kind, data)])


def publish_many(
    connection: Connection, events: Iterable[tuple[int, str | None, str, Mapping[str, Any]]]
) -> None:
    """Store several events with one statement."""
    rows = [
        {"integration_id": i, "employee_id": e, "kind": kind, "data": dict(data)}
        for i, e, kind, data in events
    ]
    if rows:
        connection.execute(insert(EVENTS).values(at=now_ms()), rows)


def wake() -> None:
    """After the commit: open streams look at once, not within a second. Never raises."""
    for bell in _bells:
        bell.ring()


def purge(connection: Connection) -> int:
    """Forget what nobody can be cut off from any more; returns how many."""
    return connection.execute(delete(EVENTS).where(EVENTS.c.at < now_ms() - KEPT_MS)).rowcount
