"""The report of the promises to call back that were opened in a period."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from models import Callback, Integration, db
from rules.callback_report import Promise, Report, report_of
from services.integrations import database_now

COLUMNS = (
    Callback.opened_at,
    Callback.due_at,
    Callback.rung,
    Callback.closed_how,
    Callback.closed_at,
    Callback.closed_by,
    Callback.working_seconds,
)


def make_report(integration: Integration, days: int) -> Report:
    """Of today and the days before it, `days` in all, in the office's zone."""
    zone = ZoneInfo(integration.timezone)
    query = select(*COLUMNS).where(
        Callback.integration_id == integration.id,
        Callback.opened_at >= _first_moment(database_now(db.session()), zone, days),
    )
    rows = db.session.execute(query)
    return report_of((Promise(**{**row._mapping, "rung": tuple(row.rung)}) for row in rows), zone)


def _first_moment(now: datetime, zone: ZoneInfo, days: int) -> datetime:
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1)
