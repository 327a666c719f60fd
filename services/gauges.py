"""How much there is of what, asked of the database when somebody wants to know.

Every question walks an index over what is open, or takes one row: nothing here gets slower with the
history. What belongs to a deleted integration waits for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, case, func, select, text, type_coerce

from models import (
    CallSession,
    CrmAccount,
    CrmWrite,
    Integration,
    ManagerAnswer,
    Notification,
    TraceEntry,
)
from models.base import now_ms
from models.call_session import UNFINISHED
from models.integration import LIVE
from services import heartbeats

SESSIONS, WRITES, INBOX = CallSession.__table__, CrmWrite.__table__, Notification.__table__
MOST_FAILED = 10_000  # more are counted as so many
MOST_BLOCKED = 20  # accounts that are named; their count has no such end
IS_ALIVE = SESSIONS.c.integration_id.in_(select(Integration.id).where(LIVE))
OLDEST = (
    ("notification", Notification.id, Notification.received_at),
    ("call", CallSession.id, CallSession.first_seen_at),
    ("trace", TraceEntry.id, TraceEntry.at),
    ("manager_answer", ManagerAnswer.id, ManagerAnswer.at),
)

Values = dict[tuple[str, ...], float]


@dataclass(frozen=True)
class Gauge:
    """A number, or one for each combination of `labels`."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    values: Values = field(default_factory=dict)

    @classmethod
    def one(cls, name: str, text: str, value: float | None) -> Gauge:
        return cls(name, text, (), {} if value is None else {(): float(value)})


def read_gauges(connection: Connection) -> list[Gauge]:
    """Everything that SQL knows of the state of the work."""
    return [
        *_calls(connection),
        *_inbox(connection),
        _open_writes(connection),
        *_accounts(connection),
        *_reconcile(connection),
        _oldest_rows(connection),
        *_parts(connection),
        Gauge.one("database_bytes", "Size of the database", _size(connection)),
    ]


def _calls(connection: Connection) -> Iterable[Gauge]:
    due, later = (
        connection.execute(select(func.count()).where(when, IS_ALIVE)).scalar_one()
        for when in (SESSIONS.c.next_at <= now_ms(), SESSIONS.c.next_at > now_ms())
    )
    values: Values = {("now",): float(due), ("later",): float(later)}
    yield Gauge("calls_due", "Calls with work, now or planned", ("kind",), values)
    oldest = select(func.min(SESSIONS.c.next_at)).where(SESSIONS.c.next_at <= now_ms(), IS_ALIVE)
    age = _age(connection, oldest)
    yield Gauge.one("calls_due_age_seconds", "For how long the oldest call is due", age)
    reason = func.coalesce(SESSIONS.c.state_reason, "in_progress")
    waiting = (
        select(reason, func.count())
        .where(text(f"({UNFINISHED})"), SESSIONS.c.state == "waiting", IS_ALIVE)
        .group_by(reason)
    )
    yield Gauge(
        "calls_waiting", "Calls that wait, by reason", ("reason",), _by(connection, waiting)
    )
    some = select(SESSIONS.c.id).where(SESSIONS.c.state == text("'failed'"), IS_ALIVE)
    failed = select(func.count()).select_from(some.limit(MOST_FAILED).subquery())
    count = connection.execute(failed).scalar_one()
    yield Gauge.one("calls_failed", "Calls with something set aside, until replayed", count)


def _inbox(connection: Connection) -> Iterable[Gauge]:
    pending = INBOX.c.state == text("'pending'")
    count = connection.execute(select(func.count()).where(pending)).scalar_one()
    values: Values = {("all",): float(count)}
    yield Gauge("notifications_pending", "Notifications not taken in yet", ("kind",), values)
    first = select(INBOX.c.received_at).where(pending).order_by(INBOX.c.id).limit(1)
    age = _age(connection, first)
    yield Gauge.one("notifications_pending_age_seconds", "Age of the oldest of them", age)


def _open_writes(connection: Connection) -> Gauge:
    at_work = select(SESSIONS.c.id).where(SESSIONS.c.next_at.is_not(None), IS_ALIVE)
    query = (
        select(WRITES.c.kind, WRITES.c.status, func.count())
        .where(WRITES.c.session_row_id.in_(at_work), WRITES.c.status.in_(("planned", "sent")))
        .group_by(WRITES.c.kind, WRITES.c.status)
    )
    values: Values = _by(connection, query)
    return Gauge("crm_writes_open", "Writes that are not done", ("kind", "status"), values)


def _accounts(connection: Connection) -> Iterable[Gauge]:
    mine = CrmAccount.id.in_(select(Integration.crm_account_row_id).where(LIVE))
    query = select(CrmAccount.breaker, func.count()).where(mine).group_by(CrmAccount.breaker)
    states: Values = dict.fromkeys([(word,) for word in ("new", "closed", "open", "key")], 0.0)
    values: Values = states | _by(connection, query)
    yield Gauge("crm_accounts", "CRM accounts by breaker", ("kind",), values)
    for_seconds = (now_ms() - type_coerce(CrmAccount.opened_at, BigInteger)) / 1000.0
    blocked = (
        select(CrmAccount.id, CrmAccount.breaker, for_seconds)
        .where(mine, CrmAccount.breaker.in_(("open", "key")))
        .order_by(CrmAccount.opened_at)
        .limit(MOST_BLOCKED)
    )
    told = "For how long the breaker of an account is not closed; the 20 that wait longest"
    yield Gauge("crm_account_blocked_seconds", told, ("account", "kind"), _by(connection, blocked))


def _reconcile(connection: Connection) -> Iterable[Gauge]:
    compared = (
        LIVE,
        Integration.access_token_sealed.is_not(None),
        Integration.published_version.is_not(None),
        Integration.paused_at.is_(None),
    )
    failing = func.count(case((Integration.reconcile_error.is_not(None), 1)))
    count, failed = connection.execute(select(func.count(), failing).where(*compared)).one()
    yield Gauge.one("integrations", "Integrations that are compared with the report", count)
    till = func.min(func.coalesce(Integration.reconciled_till, Integration.created_at))
    told = "How far the comparison with the calls report is behind, of the one that is furthest"
    age = _age(connection, select(till).where(*compared))
    yield Gauge.one("reconcile_lag_seconds", told, age)
    told = "Integrations whose last comparison was broken off"
    yield Gauge.one("reconcile_failing", told, failed)


def _oldest_rows(connection: Connection) -> Gauge:
    values: Values = {
        (name,): _age(connection, select(at).order_by(row_id).limit(1))
        for name, row_id, at in OLDEST
    }
    return Gauge("oldest_row_age_seconds", "Age of the oldest row that is kept", ("kind",), values)


def _parts(connection: Connection) -> Iterable[Gauge]:
    beats = heartbeats.read(connection)
    parts = [beat for beat in beats if beat.part != heartbeats.BACKUP]
    alive: Values = {(part,): 0.0 for part in (heartbeats.UPKEEP, heartbeats.LIVE)}
    ages: Values = {}
    tasks: Values = {}
    for beat in parts:
        alive[(beat.part,)] = alive.get((beat.part,), 0.0) + beat.is_fresh
        _least(ages, (beat.part,), beat.age)
        for task, age in beat.told.get("tasks", {}).items():
            _least(tasks, (task,), beat.age + age)
    yield Gauge("parts_alive", "Processes that gave a sign of life", ("part",), alive)
    yield Gauge("part_age_seconds", "Age of the last sign of life", ("part",), ages)
    told = "Since when a periodic task has ended well"
    yield Gauge("upkeep_task_age_seconds", told, ("task",), tasks)
    backups = [beat for beat in beats if beat.part == heartbeats.BACKUP]
    newest = min(backups, key=lambda beat: beat.age, default=None)
    age, size = (newest.age, newest.told.get("bytes")) if newest else (None, None)
    yield Gauge.one("backup_age_seconds", "Age of the newest backup", age)
    yield Gauge.one("backup_bytes", "Size of the newest backup", size)


def _least(found: Values, labels: tuple[str, ...], value: float) -> None:
    found[labels] = min(found.get(labels, value), value)


def _size(connection: Connection) -> float:
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return float(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())
    query = text("SELECT pg_database_size(current_database())")
    return float(connection.execute(query).scalar_one())


def _age(connection: Connection, moment: Select[Any]) -> float:
    """How long ago that moment was, by the database's clock; 0 if there is none."""
    at = type_coerce(moment.scalar_subquery(), BigInteger)
    milliseconds = connection.execute(select(now_ms() - at)).scalar()
    return max(0.0, float(milliseconds or 0) / 1000)


def _by(connection: Connection, query: Any) -> Values:
    """Labels -> number, of rows whose last column is the number."""
    return {
        tuple(str(word) for word in row[:-1]): float(row[-1] or 0)
        for row in connection.execute(query)
    }
