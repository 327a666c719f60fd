"""The rows that an audit asks the CRM for: what the ledger says is there, older than settling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.orm import Session

from models import AuditFinding, AuditRun, CallSession, CrmWrite
from models.base import from_ms, now_ms, to_ms
from rules.crm_audit import AUDITED
from rules.vocabulary import WriteStatus

WRITES, SESSIONS = CrmWrite.__table__, CallSession.__table__
FINDINGS = AuditFinding.__table__
BATCH = 50
# These look at what no audit has looked at before; a command looks at all of its window.
ONLY_NEW = ("nightly", "page")
OPEN = ("open", "asked")
COLUMNS = (
    WRITES.c.id,
    WRITES.c.ledger_key,
    WRITES.c.reference,
    WRITES.c.kind,
    WRITES.c.crm_id,
    WRITES.c.body,
    WRITES.c.status,
    WRITES.c.done_at,
    WRITES.c.closed_at,
    WRITES.c.session_row_id,
    SESSIONS.c.started_at,
    SESSIONS.c.client_phone,
    SESSIONS.c.created,
)


def read_writes(session: Session, run: AuditRun, settle_seconds: float) -> Sequence[Row[Any]]:
    """The next writes of the run's window, in the order of their calls."""
    after = (run.position_at or run.from_at, run.position_id)
    position = tuple_(to_ms(after[0]), after[1])
    query = _writes().where(
        SESSIONS.c.integration_id == run.integration_id,
        SESSIONS.c.started_at >= after[0],
        SESSIONS.c.started_at < run.till_at,
        tuple_(SESSIONS.c.started_at, WRITES.c.id) > position,
        # Whom somebody had erased is nobody's loss.
        SESSIONS.c.erased_at.is_(None),
        WRITES.c.integration_id == run.integration_id,
        *_settled(_now(session), settle_seconds),
    )
    if run.kind in ONLY_NEW:
        query = query.where(WRITES.c.audited_at.is_(None))
    return session.execute(query.order_by(SESSIONS.c.started_at, WRITES.c.id).limit(BATCH)).all()


def read_findings(session: Session, run: AuditRun) -> Sequence[Row[Any]]:
    """The next findings that are not closed and were not met in this run, each with its write as it
    is now."""
    query = (
        _writes()
        .add_columns(FINDINGS.c.id.label("finding_id"))
        .join(FINDINGS, FINDINGS.c.ledger_key == WRITES.c.ledger_key)
        .where(
            FINDINGS.c.integration_id == run.integration_id,
            FINDINGS.c.state.in_(OPEN),
            FINDINGS.c.id > run.position_id,
            FINDINGS.c.checked_at < run.started_at,
        )
    )
    return session.execute(query.order_by(FINDINGS.c.id).limit(BATCH)).all()


def is_settled(row: Row[Any], now: datetime, settle_seconds: float) -> bool:
    """Whether the CRM's search has had the time to show this write."""
    is_done = row.status == WriteStatus.DONE and row.crm_id is not None
    settle = timedelta(seconds=settle_seconds)
    return (
        is_done and row.closed_at is None and row.done_at is not None and row.done_at < now - settle
    )


def _settled(now: datetime, settle_seconds: float) -> tuple[Any, ...]:
    return (
        WRITES.c.kind.in_([str(each) for each in AUDITED]),
        WRITES.c.status == WriteStatus.DONE,
        WRITES.c.crm_id.is_not(None),
        WRITES.c.closed_at.is_(None),
        WRITES.c.done_at < now - timedelta(seconds=settle_seconds),
    )


def _writes() -> Select[Any]:
    return select(*COLUMNS).join(SESSIONS, SESSIONS.c.id == WRITES.c.session_row_id)


def _now(session: Session) -> datetime:
    return from_ms(session.execute(select(now_ms())).scalar_one())
