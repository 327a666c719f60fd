"""How long the data of an integration is kept, as its admins choose and see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Integration
from rules.audit import Change
from rules.retention import Kind, as_stored, days_of
from services.audit_log import record
from services.integrations import locked
from services.retention_plan import SESSIONS, STORES, Store, rows_of

WHOLE_CALLS = Store(SESSIONS, "started_at", SESSIONS.c.erased_at.is_(None))


@dataclass(frozen=True)
class Held:
    """What is there of one kind: how many rows (None: not counted), and since when."""

    kind: Kind
    days: int
    rows: int | None
    oldest: datetime | None


def save_days(session: Session, integration_id: int, days: Mapping[Kind, int]) -> None:
    """Store how long each kind is kept; it counts from the next pass on."""
    office = locked(session, integration_id)
    if days_of(office.kept_days) != dict(days):
        office.kept_days = as_stored(days)
        told = {str(kind): each for kind, each in days.items()}
        record(session, Change.KEPT_DAYS_SAVED, integration_id, days=told)
    session.commit()


def describe(session: Session, integration_id: int, *, count: bool = False) -> list[Held]:
    """What is kept now; counting goes through all rows, so pages leave it."""
    days = days_of(session.get_one(Integration, integration_id).kept_days)
    stores: Mapping[Kind, tuple[Store, ...]] = {Kind.CALLS: (WHOLE_CALLS,), **STORES}
    return [
        Held(kind, days[kind], *_held(session, integration_id, each, count=count))
        for kind, each in stores.items()
    ]


def _held(
    session: Session, integration_id: int, stores: tuple[Store, ...], *, count: bool
) -> tuple[int | None, datetime | None]:
    rows, oldest = 0, []
    for store in stores:
        mine, at = rows_of(store, integration_id), store.table.c[store.at]
        first = session.execute(select(at).where(*mine).order_by(at).limit(1)).scalar()
        oldest += [first] if first is not None else []
        if count:
            rows += session.execute(select(func.count()).where(*mine)).scalar_one()
    return (rows if count else None), min(oldest, default=None)
