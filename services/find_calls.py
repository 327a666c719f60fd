"""Calls as pages ask for them: a filtered list, newest first, and the whole story of one call."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
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
    db,
)

Row = TypeVar("Row")

PAGE_SIZE = 25
# Counting stops here: beyond it nobody reads the number, and counting would cost every refresh.
COUNT_LIMIT = 5000
PART_TAKERS = ("answered_by", "finished_by", "caller")


@dataclass(frozen=True)
class CallFilter:
    """What a reader asks for; None or "" leaves a member open. `text` is a number or a call id.

    `employee_id` keeps to the calls in which this employee took part.
    """

    state: str = ""
    direction: str = ""
    outcome: str = ""
    text: str = ""
    employee_id: str | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.state or self.direction or self.outcome or self.text)


@dataclass(frozen=True)
class CallPage:
    """One page of the list. `seen` changes whenever something on it does."""

    rows: Sequence[CallSession]
    number: int
    total: int

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
    query = select(CallSession).where(
        CallSession.integration_id == integration_id, *_conditions(wanted)
    )
    total = db.session.execute(_capped_count(query)).scalar_one()
    rows = db.session.scalars(
        query.order_by(CallSession.started_at.desc(), CallSession.id.desc())
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    return CallPage(rows.all(), number, total)


def find_call(
    integration_id: int, call_session_id: str, *, employee_id: str | None = None
) -> CallStory | None:
    """One call with its why; None if this integration (or this employee) has no such call."""
    query = select(CallSession).where(
        CallSession.integration_id == integration_id,
        CallSession.call_session_id == call_session_id,
        *_conditions(CallFilter(employee_id=employee_id)),
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


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    conditions = [
        column == value
        for column, value in (
            (CallSession.state, wanted.state),
            (CallSession.direction, wanted.direction),
            (CallSession.outcome, wanted.outcome),
        )
        if value
    ]
    if wanted.text:
        conditions.append(_matches(wanted.text))
    if wanted.employee_id is not None:
        parts = [CallSession.facts[name].as_string() for name in PART_TAKERS]
        conditions.append(or_(*(part == wanted.employee_id for part in parts)))
    return conditions


def _matches(text: str) -> ColumnElement[bool]:
    """By the call's id, or by digits anywhere in the client's number."""
    by_id = CallSession.call_session_id == text.strip()
    digits = "".join(character for character in text if character.isdigit())
    return or_(by_id, CallSession.client_phone.contains(digits)) if len(digits) > 2 else by_id


def _capped_count(query: Select[CallSession]) -> Select[int]:
    some = query.with_only_columns(CallSession.id).limit(COUNT_LIMIT + 1).subquery()
    return select(func.count()).select_from(some)


def _rows(query: Select[Row], order: InstrumentedAttribute[int]) -> Sequence[Row]:
    return db.session.scalars(query.order_by(order)).all()
