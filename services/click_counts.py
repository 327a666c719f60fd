"""How often calls by a click were made of late, and the lock under which that is counted."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import ClickCall, Integration
from models.base import now_ms
from rules.dialling import Counts

MINUTE, HOUR = 60_000, 3_600_000


def lock_office(session: Session, integration_id: int) -> None:
    """Keep other clicks of this office out until the commit. Notifications go on meanwhile: their
    rows only need the office to stay. (SQLite has one writer anyway.)"""
    query = select(Integration.id).where(Integration.id == integration_id)
    session.execute(query.with_for_update(key_share=True))


def counts(session: Session, integration_id: int, employee_id: str, phone: str) -> Counts:
    """What the PBX was asked for, whatever became of it."""
    of_minute = ClickCall.sent_at > now_ms() - MINUTE
    query = select(
        func.count().filter(of_minute, ClickCall.employee_id == employee_id),
        func.count().filter(of_minute),
        func.count().filter(ClickCall.phone == phone),
    ).where(
        ClickCall.integration_id == integration_id,
        ClickCall.asked_at > now_ms() - HOUR - MINUTE,
        ClickCall.sent_at > now_ms() - HOUR,
    )
    return Counts(*session.execute(query).one())
