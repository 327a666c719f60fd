"""Pause an integration and let it go on: notifications are kept meanwhile, nothing is decided or
written."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import CallSession, Integration
from rules.audit import Change
from services import due
from services.audit_log import record
from services.integrations import database_now


def pause(session: Session, integration_id: int) -> None:
    """From now on calls are only stored. Safe to call any number of times: the first one counts."""
    integration = session.get_one(Integration, integration_id)
    if integration.paused_at is None:
        integration.paused_at = database_now(session)
        record(session, Change.PAUSED, integration_id)
    session.commit()


def resume(session: Session, integration_id: int) -> int:
    """Go on; calls that waited are due, each under the settings of its first notification. Returns
    how many there are. The caller rings after it."""
    integration = session.get_one(Integration, integration_id)
    if integration.paused_at is not None:
        record(session, Change.RESUMED, integration_id)
    integration.paused_at = None
    session.flush()
    waiting = count_waiting(session, integration_id)
    due.make_due(session.connection(), integration_id, ("paused",))
    session.commit()
    return waiting


def count_waiting(session: Session, integration_id: int) -> int:
    """How many calls wait for the end of the pause."""
    query = select(func.count()).where(
        CallSession.integration_id == integration_id,
        CallSession.state == "waiting",
        CallSession.state_reason == "paused",
    )
    return int(session.execute(query).scalar_one())
