"""Runs of the audit as the night, pages and commands start and find them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import AuditRun, CrmAccount, Integration
from models.base import now_ms, reading
from models.integration import LIVE
from rules.audit import Change
from services.audit_log import record
from services.integrations import database_now
from services.sync_runs import tonight

LOOKED_BACK = timedelta(days=7)
RUNNING, NIGHTLY = "running", "nightly"
COUNTS = ("checked", "present", "gone", "lost", "doubled")


def start(
    session: Session, integration_id: int, kind: str, *, since: datetime, till: datetime
) -> AuditRun:
    """Begin a run and commit, or give back the one of this kind that is under way."""
    run = AuditRun(
        integration_id=integration_id,
        kind=kind,
        state=RUNNING,
        from_at=since,
        till_at=till,
        started_at=database_now(session),
    )
    session.add(run)
    try:
        session.flush()
        if kind != NIGHTLY:
            record(session, Change.AUDIT_ASKED, integration_id, kind=kind)
        session.commit()
    except IntegrityError:  # one is under way already: somebody pressed in the same moment
        session.rollback()
        found = find_running(session, integration_id, kind)
        if found is None:
            raise
        return found
    return run


def start_now(session: Session, integration_id: int) -> AuditRun:
    """Begin the one that a person asks for on the page."""
    now = database_now(session)
    return start(session, integration_id, "page", since=now - LOOKED_BACK, till=now)


def start_nightly(engine: Engine) -> int:
    """Begin a run for each integration whose CRM answers, once a night between 02:00 and 06:00 of
    its zone; returns how many. Safe to run in several places."""
    query = (
        select(Integration.id, Integration.timezone)
        .join(CrmAccount, CrmAccount.id == Integration.crm_account_row_id)
        .where(LIVE, Integration.published_version.is_not(None), CrmAccount.breaker == "closed")
    )
    with reading(), Session(engine) as session:
        now = database_now(session)
        nights = [(row.id, tonight(now, row.timezone)) for row in session.execute(query)]
        due = [
            each for each, midnight in nights if midnight and not _has_run(session, each, midnight)
        ]
    for integration_id in due:
        with Session(engine) as session:
            now = database_now(session)
            start(session, integration_id, NIGHTLY, since=now - LOOKED_BACK, till=now)
    return len(due)


def find_running(session: Session, integration_id: int, kind: str) -> AuditRun | None:
    query = select(AuditRun).where(
        AuditRun.integration_id == integration_id,
        AuditRun.kind == kind,
        AuditRun.state == RUNNING,
    )
    return session.scalar(query)


def find_last(session: Session, integration_id: int) -> AuditRun | None:
    """The run that was started last."""
    query = select(AuditRun).where(AuditRun.integration_id == integration_id)
    return session.scalar(query.order_by(AuditRun.started_at.desc(), AuditRun.id.desc()).limit(1))


def give_up(engine: Engine, run_id: int) -> None:
    """End a run that gets no further; what was concluded stays. The code tells what held it up."""
    with engine.begin() as connection:
        query = (
            select(CrmAccount.breaker)
            .join(Integration, Integration.crm_account_row_id == CrmAccount.id)
            .join(AuditRun, AuditRun.integration_id == Integration.id)
        )
        breaker = connection.execute(query.where(AuditRun.id == run_id)).scalar_one()
        error = {"closed": "busy", "key": "invalid_auth"}.get(breaker, "crm_away")
        connection.execute(
            update(AuditRun)
            .where(AuditRun.id == run_id, AuditRun.state == RUNNING)
            .values(state="aborted", error=error, finished_at=now_ms())
        )


def counts_of(run: AuditRun) -> Mapping[str, int]:
    return {name: getattr(run, name) for name in COUNTS}


def _has_run(session: Session, integration_id: int, since: datetime) -> bool:
    query = select(AuditRun.id).where(
        AuditRun.integration_id == integration_id,
        AuditRun.started_at >= since,
        AuditRun.kind == NIGHTLY,
    )
    running = find_running(session, integration_id, NIGHTLY)
    return running is not None or session.scalar(query.limit(1)) is not None
