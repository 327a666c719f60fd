"""Which rows go by their age: the stores of each kind, and the query that finds the next ones.

Each query is answered by an index and by the oldest rows only, however many younger ones there are
(`tests/integration/test_retention.py` looks at the plans).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, TextClause, exists, select, text

from models import (
    AuditEntry,
    AuditRun,
    Callback,
    CallSession,
    ClickCall,
    CrmAccount,
    CrmEvent,
    Erasure,
    Integration,
    KnownClient,
    ManagerAnswer,
    Notification,
    ReconcileRun,
    RecordingAccess,
    ReplayRun,
    SyncRun,
)
from models.base import now_ms
from models.notification import UNUSED
from rules.retention import CHANGES_DAYS, UNKNOWN_NUMBER_DAYS, Kind

BATCH = 200
CALLS_AT_ONCE = 50
DAY_MS = 86_400_000
SESSIONS, INBOX = CallSession.__table__, Notification.__table__
INDEX, ACCOUNTS, OFFICES = KnownClient.__table__, CrmAccount.__table__, Integration.__table__
CHANGES = AuditEntry.__table__


@dataclass(frozen=True)
class Store:
    """Rows of an integration that go by their age. `is_over` is what may go at all; of runs the
    newest stays whatever its age, for pages say when the last one was."""

    table: Table
    at: str
    is_over: ColumnElement[bool] | TextClause | None = None
    keeps_newest: bool = False


def _run(model: Any, at: str) -> Store:
    table = model.__table__
    return Store(table, at, table.c.finished_at.is_not(None), keeps_newest=True)


STORES: Mapping[Kind, tuple[Store, ...]] = {
    # As its index says it, or it is not seen to fit.
    Kind.JOURNAL: (Store(INBOX, "received_at", text(f"notification.{UNUSED}")),),
    Kind.CALLBACKS: (
        Store(Callback.__table__, "opened_at", Callback.__table__.c.closed_at.is_not(None)),
    ),
    Kind.CLICKS: (Store(ClickCall.__table__, "asked_at"),),
    Kind.MANAGER_ANSWERS: (Store(ManagerAnswer.__table__, "at"),),
    Kind.CRM_EVENTS: (
        Store(CrmEvent.__table__, "received_at", CrmEvent.__table__.c.handled_at.is_not(None)),
    ),
    Kind.LISTENED: (Store(RecordingAccess.__table__, "at"),),
    Kind.RUNS: (
        _run(ReplayRun, "created_at"),
        _run(SyncRun, "created_at"),
        _run(ReconcileRun, "started_at"),
        _run(AuditRun, "started_at"),
        _run(Erasure, "asked_at"),
    ),
}


def due(store: Store, integration_id: int, days: int) -> Select[Any]:
    """Ids of the oldest rows that are older than that."""
    at = store.table.c[store.at]
    query = select(store.table.c.id).where(*rows_of(store, integration_id), at < before(days))
    if store.keeps_newest:
        newest = select(store.table.c.id).where(store.table.c.integration_id == integration_id)
        query = query.where(
            store.table.c.id
            != newest.order_by(at.desc(), store.table.c.id.desc()).limit(1).scalar_subquery()
        )
    return query.order_by(at).limit(BATCH)


def rows_of(store: Store, integration_id: int) -> list[ColumnElement[bool] | TextClause]:
    """The rows of an integration that may go at all."""
    mine = store.table.c.integration_id == integration_id
    return [mine] if store.is_over is None else [mine, store.is_over]


def before(days: int) -> Any:
    return now_ms() - days * DAY_MS


def old_calls(integration_id: int, days: int) -> Select[Any]:
    """Whole calls that are older than that; those that still wait for their work are kept."""
    return (
        select(SESSIONS.c.id)
        .where(
            SESSIONS.c.integration_id == integration_id,
            SESSIONS.c.erased_at.is_(None),
            SESSIONS.c.started_at < before(days),
            SESSIONS.c.state != "waiting",
        )
        .order_by(SESSIONS.c.started_at)
        .limit(CALLS_AT_ONCE)
    )


def told_of_wiped(integration_id: int, days: int) -> Select[Any]:
    """Notifications of calls that were wiped: nobody repeats them after so long."""
    is_wiped = exists().where(
        SESSIONS.c.id == INBOX.c.session_row_id, SESSIONS.c.erased_at.is_not(None)
    )
    return (
        select(INBOX.c.id)
        .where(
            INBOX.c.integration_id == integration_id,
            INBOX.c.received_at < before(days),
            is_wiped,
        )
        .order_by(INBOX.c.received_at)
        .limit(BATCH)
    )


def old_changes() -> Select[Any]:
    """Lines of the log of changes, of all integrations."""
    old = select(CHANGES.c.id).where(CHANGES.c.at < before(CHANGES_DAYS))
    return old.order_by(CHANGES.c.at).limit(BATCH)


def unknown_numbers() -> Select[Any]:
    """Numbers of the index that nobody had: they are asked for again when they call."""
    old = INDEX.c.client_id.is_(None), INDEX.c.read_at < before(UNKNOWN_NUMBER_DAYS)
    query = select(*INDEX.primary_key.columns).where(*old)
    return query.order_by(INDEX.c.read_at).limit(BATCH)


def numbers_of_nobody() -> Select[Any]:
    """The index of accounts that no integration uses any more."""
    used = select(OFFICES.c.crm_account_row_id).where(OFFICES.c.behomes_key_sealed != "")
    dead = select(ACCOUNTS.c.id).where(ACCOUNTS.c.id.not_in(used))
    query = select(*INDEX.primary_key.columns).where(INDEX.c.crm_account_row_id.in_(dead))
    return query.limit(BATCH)
