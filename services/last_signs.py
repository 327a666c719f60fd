"""When the last call and the last notification came: the signs of life of an integration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import CallSession, Notification
from models.base import from_ms
from rules.vocabulary import EventKind

CALL_EVENTS = tuple(str(kind) for kind in EventKind)


@dataclass(frozen=True)
class Signs:
    """Moments; None where nothing ever came."""

    call_at: datetime | None
    notification_at: datetime | None


def last_signs(session: Session, integration_id: int) -> Signs:
    newest = select(func.max(CallSession.started_at)).where(
        CallSession.integration_id == integration_id
    )
    received = last_received(session, integration_id)
    return Signs(session.execute(newest).scalar_one(), max(received.values(), default=None))


def last_received(
    session: Session, integration_id: int, kinds: Collection[str] = CALL_EVENTS
) -> Mapping[str, datetime]:
    """Kind -> when the last notification of it came; kinds that never came are left out.

    One look into the index per kind, however many notifications there are.
    """
    columns = [
        select(func.max(Notification.received_at))
        .where(Notification.integration_id == integration_id, Notification.kind == kind)
        .scalar_subquery()
        for kind in kinds
    ]
    row = session.execute(select(*columns)).one()
    found = zip(kinds, row, strict=True)
    return {kind: as_moment(at) for kind, at in found if at is not None}


def as_moment(value: datetime | int) -> datetime:
    return value if isinstance(value, datetime) else from_ms(value)
