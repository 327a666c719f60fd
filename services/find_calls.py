"""Calls as pages ask for them: a filtered list, newest first, and the whole story of one call."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import TypeVar

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from models import (
    CallSession,
    CrmUserRow,
    CrmWrite,
    Decision,
    EmployeeRow,
    LoginIntegration,
    Notification,
    TraceEntry,
    UserMapping,
    VirtualNumberRow,
    db,
)
from services.call_filter import CallFilter, conditions

__all__ = ["CallFilter", "CallPage", "CallStory", "find_call", "find_calls"]

Row = TypeVar("Row")

PAGE_SIZE = 25
# Counting stops here: beyond it nobody reads the number, and counting would cost every refresh.
COUNT_LIMIT = 5000
# A filter that no index answers looks through so many of the newest calls of its period, so that
# no page takes longer as the history grows.
LOOKED_THROUGH = 20_000


@dataclass(frozen=True)
class CallPage:
    """One page of the list. `seen` changes whenever something on it does. `looked_from` is set
    when older calls of the period were not looked through."""

    rows: Sequence[CallSession]
    number: int
    total: int
    looked_from: datetime | None = None

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / PAGE_SIZE))

    @property
    def is_capped(self) -> bool:
        return self.total > COUNT_LIMIT

    @property
    def seen(self) -> str:
        parts = [(row.id, row.updated_at, row.state, row.next_at, row.created) for row in self.rows]
        return hashlib.sha256(repr((self.total, parts)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class CallStory:
    """Everything known of one call, each list oldest first."""

    call: CallSession
    decisions: Sequence[Decision]
    trace: Sequence[TraceEntry]
    writes: Sequence[CrmWrite]
    notifications: Sequence[Notification]

    @property
    def seen(self) -> str:
        writes = [(row.id, row.status, row.attempts) for row in self.writes]
        parts = (self.call.updated_at, self.call.state, len(self.trace), writes)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def find_calls(integration_id: int, wanted: CallFilter, number: int = 1) -> CallPage:
    """The page `number` (from 1) of an integration's calls, newest first."""
    query = select(CallSession).where(*conditions(integration_id, wanted))
    by_id = query.where(CallSession.call_session_id == wanted.text.strip())
    if wanted.text and (call := db.session.scalar(by_id)):
        return CallPage([call] if number == 1 else [], number, 1)
    looked_from = find_floor(integration_id, wanted)
    if looked_from:
        query = query.where(CallSession.started_at >= looked_from)
    total = db.session.execute(_capped_count(query)).scalar_one()
    rows = db.session.scalars(
        query.order_by(CallSession.started_at.desc(), CallSession.id.desc())
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    return CallPage(rows.all(), number, total, looked_from)


def find_floor(integration_id: int, wanted: CallFilter) -> datetime | None:
    """The start of the oldest call that a slow filter looks through; None if it sees all."""
    if wanted.is_quick:
        return None
    period = CallFilter(since=wanted.since, until=wanted.until)
    return db.session.scalar(
        select(CallSession.started_at)
        .where(*conditions(integration_id, period))
        .order_by(CallSession.started_at.desc())
        .offset(LOOKED_THROUGH)
        .limit(1)
    )


def find_call(
    integration_id: int, call_session_id: str, *, employee_id: str | None = None
) -> CallStory | None:
    """One call with its why; None if this integration (or this employee) has no such call."""
    query = select(CallSession).where(
        CallSession.call_session_id == call_session_id,
        *conditions(integration_id, CallFilter(employee_id=employee_id)),
    )
    call = db.session.scalar(query)
    if call is None:
        return None
    of_call = Notification.call_session_id == call_session_id
    return CallStory(
        call,
        decisions=_rows(select(Decision).where(Decision.session_row_id == call.id), Decision.id),
        trace=_rows(select(TraceEntry).where(TraceEntry.session_row_id == call.id), TraceEntry.id),
        writes=_rows(select(CrmWrite).where(CrmWrite.session_row_id == call.id), CrmWrite.id),
        notifications=_rows(
            select(Notification).where(Notification.integration_id == integration_id, of_call),
            Notification.id,
        ),
    )


def employee_names(integration_id: int) -> dict[str, str]:
    query = select(EmployeeRow.employee_id, EmployeeRow.full_name).where(
        EmployeeRow.integration_id == integration_id
    )
    return {row.employee_id: row.full_name for row in db.session.execute(query) if row.full_name}


def user_names(integration_id: int) -> dict[str, str]:
    query = select(CrmUserRow.user_id, CrmUserRow.name).where(
        CrmUserRow.integration_id == integration_id
    )
    return {row.user_id: row.name for row in db.session.execute(query) if row.name}


def virtual_numbers(integration_id: int) -> list[tuple[str, str | None]]:
    """Our numbers with their names."""
    query = select(VirtualNumberRow.number, VirtualNumberRow.name).where(
        VirtualNumberRow.integration_id == integration_id
    )
    return [(row.number, row.name) for row in db.session.execute(query.order_by("number"))]


def find_own_employee_id(integration_id: int, login_id: int, email: str) -> str | None:
    """The CallGear employee behind a login: he who is joined to its CRM user, which an admin has
    chosen or the e-mail tells."""
    chosen = (
        select(LoginIntegration.crm_user_id)
        .where(
            LoginIntegration.login_id == login_id,
            LoginIntegration.integration_id == integration_id,
        )
        .scalar_subquery()
    )
    by_email = and_(chosen.is_(None), func.lower(CrmUserRow.email) == email.lower())
    return db.session.scalar(
        select(UserMapping.employee_id)
        .join(
            CrmUserRow,
            and_(
                CrmUserRow.integration_id == UserMapping.integration_id,
                CrmUserRow.user_id == UserMapping.crm_user_id,
            ),
        )
        .where(
            UserMapping.integration_id == integration_id,
            or_(CrmUserRow.user_id == chosen, by_email),
        )
        .order_by(CrmUserRow.user_id)
        .limit(1)
    )


def _capped_count(query: Select[CallSession]) -> Select[int]:
    some = query.with_only_columns(CallSession.id).limit(COUNT_LIMIT + 1).subquery()
    return select(func.count()).select_from(some)


def _rows(query: Select[Row], order: InstrumentedAttribute[int]) -> Sequence[Row]:
    return db.session.scalars(query.order_by(order)).all()
