"""Read what `rules/attention.py` decides by: how the parts stand, and what has come lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Executable, case, func, select
from sqlalchemy.orm import Session

from models import Callback, CallSession, Integration, UserMapping, WebhookToken
from rules.attention import WEEK, Connections, Facts, Traffic
from rules.crm_audit import Found
from rules.settings import Settings, load
from rules.settings_checks import problems
from rules.vocabulary import CallState
from services.audit_findings import count_open
from services.call_filter import CallFilter, conditions
from services.drafts import published_document
from services.health import broker_state
from services.integrations import database_now, known_references
from services.last_signs import as_moment, last_received
from services.recording_settings import find_leaving

MONTH = timedelta(days=30)
# An old address that was used so lately is still the one that CallGear calls.
STILL_USED = timedelta(days=1)
MOST_NAMED = 5
MOST_COUNTED = 1000


def read_facts(session: Session, integration: Integration, redis_url: str | None) -> Facts:
    """Everything that can call for a person, as it is now. Asks neither of the other systems."""
    now = database_now(session)
    document = published_document(session, integration) if integration.published_version else None
    leaving = find_leaving(session, integration, now)
    return Facts(
        now=now,
        zone=ZoneInfo(integration.timezone),
        hours=load(document).working_hours if document else Settings().working_hours,
        is_working=bool(integration.published_version) and integration.paused_at is None,
        connections=read_connections(session, integration, redis_url, now),
        traffic=_traffic(session, integration.id, now),
        gone=problems(document, known_references(session, integration)) if document else (),
        recordings_going=(leaving.count, leaving.first_at) if leaving else None,
    )


def read_connections(
    session: Session, integration: Integration, redis_url: str | None, now: datetime
) -> Connections:
    account = integration.crm_account
    return Connections(
        breaker=account.breaker,
        crm_error=(account.last_error or {}).get("code", ""),
        crm_since=account.opened_at,
        has_pbx_key=integration.access_token_sealed is not None,
        pbx_error=integration.pbx_error or "",
        pbx_read_at=integration.pbx_read_at,
        report_error=integration.reconcile_error or "",
        compared_till=integration.reconciled_till,
        workers=broker_state(redis_url)[1],
        old_address_ends=_old_address_ends(session, integration.id, now),
    )


def _old_address_ends(session: Session, integration_id: int, now: datetime) -> datetime | None:
    found = session.execute(
        select(func.min(WebhookToken.expires_at)).where(
            WebhookToken.integration_id == integration_id,
            WebhookToken.expires_at > now,
            WebhookToken.last_used_at > now - STILL_USED,
            # Rotating makes the new one first: what came since then by the old one counts.
            WebhookToken.last_used_at > _newest_address(integration_id),
        )
    ).scalar_one()
    return as_moment(found) if found is not None else None


def _newest_address(integration_id: int) -> Any:
    query = select(func.max(WebhookToken.created_at))
    return query.where(WebhookToken.integration_id == integration_id).scalar_subquery()


def _traffic(session: Session, integration_id: int, now: datetime) -> Traffic:
    notified_at = max(last_received(session, integration_id).values(), default=None)
    findings = count_open(session, integration_id)
    return Traffic(
        notified_at=notified_at,
        calls_before=_calls_before(session, integration_id, notified_at),
        untold=_untold(session, integration_id, notified_at, now),
        unmapped=_unmapped(session, integration_id, now),
        new_numbers=_new_numbers(session, integration_id, now),
        set_aside=_set_aside(session, integration_id, now),
        lost=findings.get(Found.LOST, 0),
        doubled=findings.get(Found.DOUBLED, 0),
        overdue=_overdue(session, integration_id, now),
    )


def _calls_before(session: Session, integration_id: int, last: datetime | None) -> int:
    if last is None:
        return 0
    wanted = CallFilter(since=last - WEEK, until=last)
    some = select(CallSession.id).where(*conditions(integration_id, wanted)).limit(MOST_COUNTED)
    return session.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def _untold(session: Session, integration_id: int, last: datetime | None, now: datetime) -> int:
    """How many calls of the last week began after the last notification, told by the calls report
    alone."""
    since = max(last, now - WEEK) if last else now - WEEK
    some = (
        select(CallSession.id)
        .where(
            CallSession.integration_id == integration_id,
            CallSession.started_at > since,
            CallSession.from_report,
        )
        .limit(MOST_COUNTED)
    )
    return session.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def _unmapped(session: Session, integration_id: int, now: datetime) -> Sequence[tuple[str, int]]:
    """Employees of calls of the last week who stand for nobody in the CRM, the busiest first."""
    mapped = select(UserMapping.employee_id).where(UserMapping.integration_id == integration_id)
    query = (
        select(CallSession.employee_id, func.count())
        .where(
            *conditions(integration_id, CallFilter(since=now - WEEK)),
            CallSession.employee_id.is_not(None),
            CallSession.employee_id.not_in(mapped),
        )
        .group_by(CallSession.employee_id)
    )
    return _busiest(session, query)


def _new_numbers(session: Session, integration_id: int, now: datetime) -> Sequence[tuple[str, int]]:
    """Our numbers whose first call of the last month came within the last week, in an office that
    had calls before."""
    week_ago, lately = now - WEEK, CallFilter(since=now - MONTH)
    is_old = CallSession.started_at < week_ago
    groups = (
        select(
            CallSession.virtual_number.label("number"),
            func.sum(case((is_old, 1), else_=0)).label("old"),
            func.sum(case((is_old, 0), else_=1)).label("new"),
        )
        .where(*conditions(integration_id, lately), CallSession.virtual_number.is_not(None))
        .group_by(CallSession.virtual_number)
        .cte("numbers")
    )
    had_calls = select(func.sum(groups.c.old)).scalar_subquery()
    return _busiest(
        session, select(groups.c.number, groups.c.new).where(groups.c.old == 0, had_calls > 0)
    )


def _busiest(session: Session, query: Executable) -> Sequence[tuple[str, int]]:
    rows = sorted(session.execute(query), key=lambda row: (-row[1], row[0]))
    return tuple((row[0], row[1]) for row in rows[:MOST_NAMED])


def _set_aside(session: Session, integration_id: int, now: datetime) -> int:
    wanted = CallFilter(state=CallState.FAILED, since=now - MONTH)
    query = select(func.count()).where(*conditions(integration_id, wanted))
    return session.execute(query).scalar_one()


def _overdue(session: Session, integration_id: int, now: datetime) -> int:
    query = select(func.count()).where(
        Callback.integration_id == integration_id,
        Callback.closed_at.is_(None),
        Callback.due_at < now,
    )
    return session.execute(query).scalar_one()
