"""The journal's live counters, and the entries that Behomes has refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import CallSession, CrmWrite, Notification
from models.notification import REJECTED
from services.find_notifications import IS_UNUSED

LIMIT = 1000  # counting stops here
SHOWN = 100


@dataclass(frozen=True)
class Counts:
    """`received` and `unread` since midnight, `failed` calls and `waiting` ones as of now; each
    stops at LIMIT."""

    received: int
    unread: int
    failed: int
    waiting: int


@dataclass(frozen=True)
class SetAside:
    """A refused entry and its call."""

    write: CrmWrite
    call: CallSession


def count(session: Session, integration_id: int, since: datetime) -> Counts:
    """The counters, each from an index of its own."""
    mine = Notification.integration_id == integration_id, Notification.received_at >= since
    unread = select(Notification.id).where(*mine, Notification.state == REJECTED, IS_UNUSED)
    calls = CallSession.integration_id == integration_id
    return Counts(
        received=_count(session, select(Notification.id).where(*mine)),
        unread=_count(session, unread),
        failed=_count(session, select(CallSession.id).where(calls, CallSession.state == "failed")),
        waiting=_count(
            session, select(CallSession.id).where(calls, CallSession.state == "waiting")
        ),
    )


def find_set_aside(session: Session, integration_id: int) -> Sequence[SetAside]:
    """The refused entries of the latest failed calls, newest call first."""
    failed = (
        select(CallSession)
        .where(CallSession.integration_id == integration_id, CallSession.state == "failed")
        .order_by(CallSession.started_at.desc(), CallSession.id.desc())
        .limit(SHOWN)
    )
    calls = {call.id: call for call in session.scalars(failed)}
    writes = select(CrmWrite).where(CrmWrite.session_row_id.in_(calls), CrmWrite.status == "dead")
    order = {row_id: place for place, row_id in enumerate(calls)}
    found = sorted(session.scalars(writes), key=lambda row: (order[row.session_row_id], row.id))
    return [SetAside(write, calls[write.session_row_id]) for write in found]


def _count(session: Session, query: Select[Any]) -> int:
    some = query.limit(LIMIT).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one())
