"""What the CRM tells us has changed: stored once by its id, then handled; a crash loses nothing.

Events may come in any order and late: each is true at its `occurred_at`, and what was read or told
later than that stays.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from models import CrmEvent, Integration
from models.base import from_ms, now_ms, reading
from models.bulk import insert_returning
from models.integration import LIVE
from services import event_effects

logger = logging.getLogger(__name__)

TRIES = 3
BATCH = 50
EVENTS = CrmEvent.__table__
ALREADY_THERE = "ON CONFLICT (integration_id, event_id) DO NOTHING"

EFFECTS: Mapping[str, Callable[[Connection, event_effects.Event], None]] = {
    "user.updated": event_effects.user_updated,
    "client.responsible_changed": event_effects.responsible_changed,
    "client.merged": event_effects.client_merged,
    "client.deleted": event_effects.client_deleted,
}


@dataclass(frozen=True)
class NewEvent:
    """An event that was checked; `data` is what `event_effects` reads."""

    event_id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any]


def store(engine: Engine, integration_id: int, event: NewEvent) -> bool:
    """Keep an event; False if its id is there already. Returns after the commit."""
    row = {
        "integration_id": integration_id,
        "event_id": event.event_id,
        "type": event.type,
        "occurred_at": event.occurred_at,
        "handled_at": None,
        "tries": 0,
        "error": None,
        "data": event.data,
    }
    with engine.begin() as connection:
        now = connection.execute(select(now_ms())).scalar_one()
        stored = insert_returning(
            connection,
            EVENTS,
            [row | {"received_at": now}],
            or_else=ALREADY_THERE,
            returning="id",
        )
    return bool(stored)


def handle_due(engine: Engine) -> int:
    """Handle what was not handled yet, in the order in which it happened; returns how many.

    Safe to run in several places: every effect may happen twice. Three tries, then an event is set
    aside with its reason, so that it never holds up the others.
    """
    with reading(), engine.connect() as connection:
        rows = connection.execute(_due().limit(BATCH)).all()
    for row in rows:
        _handle(engine, row)
    return len(rows)


def _due() -> Any:
    live = select(Integration.id).where(LIVE)
    return (
        select(EVENTS)
        .where(EVENTS.c.handled_at.is_(None), EVENTS.c.integration_id.in_(live))
        .order_by(EVENTS.c.occurred_at, EVENTS.c.id)
    )


def _handle(engine: Engine, row: Any) -> None:
    if row.tries >= TRIES:
        _finish(engine, row.id, row.error or "crashed")
        return
    # Counted before the work: an event that kills its process is tried three times, too. Of two
    # processes that read it at once, one counts and works.
    if not _claim(engine, row):
        return
    event = event_effects.Event(row.integration_id, row.occurred_at, row.data)
    try:
        with engine.begin() as connection:
            now = from_ms(connection.execute(select(now_ms())).scalar_one())
            EFFECTS[row.type](connection, event.not_after(now))
            done = {"handled_at": now_ms(), "error": None}
            connection.execute(update(EVENTS).where(EVENTS.c.id == row.id).values(done))
    except (OperationalError, InterfaceError):
        with contextlib.suppress(OperationalError, InterfaceError):
            _give_back(engine, row.id)  # the database itself: not this event's fault
        raise
    except Exception as error:
        # Without the message: a database's can hold the row, with a person in it.
        logger.error("CRM event %s: %s", row.id, type(error).__name__)
        is_last = row.tries + 1 >= TRIES
        _finish(engine, row.id, type(error).__name__, is_last=is_last)


def _claim(engine: Engine, row: Any) -> bool:
    as_read = EVENTS.c.id == row.id, EVENTS.c.tries == row.tries, EVENTS.c.handled_at.is_(None)
    with engine.begin() as connection:
        counted = connection.execute(update(EVENTS).where(*as_read).values(tries=row.tries + 1))
    return bool(counted.rowcount)


def _give_back(engine: Engine, event_row_id: int) -> None:
    counted = update(EVENTS).where(EVENTS.c.id == event_row_id)
    with engine.begin() as connection:
        connection.execute(counted.values(tries=EVENTS.c.tries - 1))


def _finish(engine: Engine, event_row_id: int, error: str, *, is_last: bool = True) -> None:
    values: dict[str, Any] = {"error": error[:200]}
    if is_last:
        values["handled_at"] = now_ms()
    with engine.begin() as connection:
        connection.execute(update(EVENTS).where(EVENTS.c.id == event_row_id).values(values))
