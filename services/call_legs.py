"""The legs of one call, from its notifications, else from what was folded of it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import EmployeeRow, Integration
from rules.leg_timeline import Timeline, timeline_of, timeline_of_facts
from services.call_rows import event_of
from services.find_calls import CallStory


def find_timeline(
    session: Session, integration: Integration, story: CallStory, now: datetime
) -> Timeline | None:
    """Who rang and talked when; None where nobody was named."""
    call = story.call
    told = timeline_of(
        [event_of(row) for row in story.notifications if row.kind],
        zone=ZoneInfo(integration.phone_zone),
        employee_by_email=_emails(session, integration.id),
        started_at=call.started_at,
        ended_at=call.ended_at,
        now=now,
    )
    return told or timeline_of_facts(call.facts, call.started_at, call.ended_at)


def _emails(session: Session, integration_id: int) -> dict[str, str]:
    query = select(EmployeeRow.email, EmployeeRow.employee_id).where(
        EmployeeRow.integration_id == integration_id, EmployeeRow.email.is_not(None)
    )
    return {row.email.strip().lower(): row.employee_id for row in session.execute(query)}
