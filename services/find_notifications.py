"""The journal as its pages ask for it: notifications, newest first, and what became of each.

Pages go on from the last row instead of counting rows over, and counting stops early: what a page
costs does not grow with the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, text, tuple_
from sqlalchemy.orm import Session

from models import CallSession, CrmWrite, Notification
from models.base import from_ms, now_ms, to_ms
from models.notification import UNUSED
from rules.journal_states import IGNORED, NOTIFICATION_STATES, REJECTED, USUAL_PERIOD

PAGE_SIZE = 30
COUNT_LIMIT = 1000
CALLS_LOOKED_AT = 500  # of a number, an employee or a state, the latest ones
DAY_EARLIER = timedelta(days=1)
# Said literally, after the state itself, or SQLite does not see that its partial index fits.
IS_UNUSED: Any = text(f"notification.{UNUSED}")
WHOLE_NUMBER = 9  # digits


@dataclass(frozen=True)
class JournalFilter:
    """What a reader asks for; "" leaves a member open, `days` 0 takes all that is kept. `state` is
    a notification's or a call's; `text` a number or the id of a call."""

    days: int = USUAL_PERIOD
    kind: str = ""
    state: str = ""
    employee: str = ""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.kind or self.state or self.employee or self.text)

    @property
    def is_about_calls(self) -> bool:
        return bool(self.employee or self.text or self._call_state)

    @property
    def _call_state(self) -> str:
        return "" if self.state in NOTIFICATION_STATES else self.state


@dataclass(frozen=True)
class JournalRow:
    """A notification, its call if it has one, and how often requests for it were tried."""

    notification: Notification
    call: CallSession | None
    attempts: int


@dataclass(frozen=True)
class JournalPage:
    """`before` leads to the older page, None on the last one; `newest` is the newest row's id."""

    rows: Sequence[JournalRow]
    total: int
    before: str | None
    newest: int

    @property
    def is_capped(self) -> bool:
        return self.total > COUNT_LIMIT


def find_notifications(
    session: Session, integration_id: int, wanted: JournalFilter, before: str = ""
) -> JournalPage:
    """One page of the journal, newest first; `before` goes on after another page's last row."""
    conditions = _conditions(session, integration_id, wanted)
    some = select(Notification.id).where(*conditions).limit(COUNT_LIMIT + 1).subquery()
    total = session.execute(select(func.count()).select_from(some)).scalar_one()
    query = select(Notification).where(*conditions, *_older_than(before))
    found = list(session.scalars(_newest_first(query).limit(PAGE_SIZE + 1)))
    rows, has_more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    return JournalPage(
        _with_calls(session, rows),
        int(total),
        _place(rows[-1]) if has_more else None,
        newest_id(session, integration_id),
    )


def find_notification(
    session: Session, integration_id: int, notification_id: int
) -> Notification | None:
    """A notification of this integration; None for a stranger's."""
    query = select(Notification).where(
        Notification.id == notification_id, Notification.integration_id == integration_id
    )
    return session.scalar(query)


def newest_id(session: Session, integration_id: int) -> int:
    """The id of the notification that came last; 0 before the first."""
    query = select(Notification.id).where(Notification.integration_id == integration_id)
    return session.scalar(_newest_first(query).limit(1)) or 0


def count_since(session: Session, integration_id: int, wanted: JournalFilter, newest: int) -> int:
    """How many notifications of the filter are newer than that row; counting stops early."""
    conditions = _conditions(session, integration_id, wanted)
    query = select(Notification.id).where(*conditions, Notification.id > newest)
    some = _newest_first(query).limit(100).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one())


def find_call_ids(
    session: Session, integration_id: int, wanted: JournalFilter, limit: int = CALLS_LOOKED_AT
) -> list[int]:
    """The latest calls that fit employee, number or id, state and period, at most `limit`. A text
    is first taken for an id or a whole number, which indexes find, then for a part of a number."""
    query = (
        select(CallSession.id)
        .where(CallSession.integration_id == integration_id, *_call_conditions(session, wanted))
        .order_by(CallSession.started_at.desc(), CallSession.id.desc())
        .limit(limit)
    )
    if not wanted.text:
        return list(session.scalars(query))
    for condition in _readings(wanted.text):
        found = list(session.scalars(query.where(condition)))
        if found:
            return found
    return []


def find_told_call_ids(
    session: Session, integration_id: int, wanted: JournalFilter, limit: int
) -> list[int]:
    """The calls of the filter's notifications, at most `limit`, those that were heard of last."""
    row_id = Notification.session_row_id
    query = (
        select(row_id)
        .where(*_conditions(session, integration_id, wanted, limit), row_id.is_not(None))
        .group_by(row_id)
        .order_by(func.max(Notification.received_at).desc(), row_id.desc())
        .limit(limit)
    )
    return [each for each in session.scalars(query) if each is not None]


def _call_conditions(session: Session, wanted: JournalFilter) -> list[ColumnElement[bool]]:
    """What the filter asks of calls, but for its text."""
    conditions: list[ColumnElement[bool]] = []
    since = _since(session, wanted)
    if since is not None:
        conditions.append(CallSession.started_at >= since - DAY_EARLIER)
    if wanted.employee:
        conditions.append(CallSession.employee_id == wanted.employee)
    if wanted._call_state:
        conditions.append(CallSession.state == wanted._call_state)
    return conditions


def _conditions(
    session: Session,
    integration_id: int,
    wanted: JournalFilter,
    calls: int = CALLS_LOOKED_AT,
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    since = _since(session, wanted)
    if since is not None:
        conditions.append(Notification.received_at >= since)
    if wanted.kind:
        conditions.append(Notification.kind == wanted.kind)
    if wanted.is_about_calls:
        # Calls are the integration's own; without it only the index of the calls can be used.
        ids = find_call_ids(session, integration_id, wanted, calls)
        return [Notification.session_row_id.in_(ids), *conditions]
    if wanted.state in (IGNORED, REJECTED):
        conditions += [Notification.state == wanted.state, IS_UNUSED]
    elif wanted.state:
        conditions.append(Notification.state.in_(NOTIFICATION_STATES[wanted.state]))
    return [Notification.integration_id == integration_id, *conditions]


def _readings(typed: str) -> Iterator[ColumnElement[bool]]:
    """What a text may mean, the surest first."""
    yield CallSession.call_session_id == typed
    digits = "".join(character for character in typed if character.isdigit())
    if len(digits) >= WHOLE_NUMBER:
        yield CallSession.client_phone == f"+{digits}"
        yield CallSession.client_phone == digits
    if len(digits) > 2:
        yield CallSession.client_phone.contains(digits)


def _since(session: Session, wanted: JournalFilter) -> datetime | None:
    if not wanted.days:
        return None
    now = from_ms(session.execute(select(now_ms())).scalar_one())
    return now - timedelta(days=wanted.days)


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(Notification.received_at.desc(), Notification.id.desc())


def _older_than(before: str) -> list[ColumnElement[bool]]:
    at, _, row_id = before.partition("-")
    if not (at.isdecimal() and row_id.isdecimal() and len(at) < 15 and len(row_id) < 18):
        return []
    place = (from_ms(int(at)), int(row_id))
    return [tuple_(Notification.received_at, Notification.id) < place]


def _place(row: Notification) -> str:
    return f"{to_ms(row.received_at)}-{row.id}"


def _with_calls(session: Session, rows: Sequence[Notification]) -> list[JournalRow]:
    ids = {row.session_row_id for row in rows if row.session_row_id}
    calls = {call.id: call for call in session.scalars(_of(CallSession.id.in_(ids)))}
    sums = select(CrmWrite.session_row_id, func.sum(CrmWrite.attempts)).where(
        CrmWrite.session_row_id.in_(ids)
    )
    attempts = {row[0]: row[1] for row in session.execute(sums.group_by(CrmWrite.session_row_id))}
    return [
        JournalRow(
            row, calls.get(row.session_row_id or 0), attempts.get(row.session_row_id or 0, 0)
        )
        for row in rows
    ]


def _of(condition: ColumnElement[bool]) -> Select[Any]:
    return select(CallSession).where(condition)
