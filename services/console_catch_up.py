"""What a page is told when it opens its stream: the calls of this moment, or what it has missed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.engine import Engine

from models.base import now_ms, reading
from services import card_rows, console_events
from services.card_view import open_for, view
from services.console_hub import EVENTS, Ear, Told, last_id
from services.presence import read_do_not_disturb

# Events that were committed late may stand a little before the last one that the page has seen.
OVERLAP = 50
MOST = 300


def snapshot(engine: Engine, login_id: int, ears: Collection[Ear]) -> Told:
    """How things stand: the calls that ring or talk for these employees, to be shown silently."""
    with reading(), engine.connect() as connection:
        at = last_id(connection)
        rows = card_rows.find_open(connection) if ears else []
        now = connection.execute(select(now_ms())).scalar_one()
    cards = [
        {**view(row, employee), "announce": False}
        for row in rows
        for office, employee in ears
        if row["integration_id"] == office and employee and open_for(row, employee)
    ]
    quiet = read_do_not_disturb(engine, login_id)
    data: dict[str, Any] = {
        "now": now,
        "cards": cards,
        "do_not_disturb": {str(office): quiet.get(office, False) for office, _ in ears},
    }
    return Told(at, "snapshot", 0, data)


def missed(engine: Engine, ears: Collection[Ear], last_seen: int) -> list[Told] | None:
    """What came after that event, of each call only its newest card; None if that is not known any
    more: then a snapshot tells how things stand."""
    with reading(), engine.connect() as connection:
        if not _is_kept(connection, last_seen):
            return None
        rows = connection.execute(
            select(EVENTS)
            .where(EVENTS.c.id > last_seen - OVERLAP, _for(ears))
            .order_by(EVENTS.c.id.desc())
            .limit(MOST + 1)
        ).all()
    if len(rows) > MOST:
        return None
    newest: dict[object, Told] = {}
    for row in rows:
        is_card = row.kind == console_events.CARD
        about = (row.integration_id, row.employee_id, row.data.get("call")) if is_card else row.id
        newest.setdefault(about, Told(row.id, row.kind, row.integration_id, row.data))
    return sorted(newest.values(), key=lambda told: told.id)


def _is_kept(connection: Connection, last_seen: int) -> bool:
    """Whether nothing after that event was forgotten."""
    query = select(EVENTS.c.id).where(EVENTS.c.id <= last_seen).limit(1)
    is_known = connection.execute(query).first() is not None
    return is_known and last_seen <= last_id(connection)


def _for(ears: Collection[Ear]) -> Any:
    offices = [office for office, _ in ears]
    own = [
        and_(EVENTS.c.integration_id == office, EVENTS.c.employee_id == employee)
        for office, employee in ears
        if employee is not None
    ]
    everybody = and_(EVENTS.c.integration_id.in_(offices), EVENTS.c.employee_id.is_(None))
    return or_(everybody, *own)
