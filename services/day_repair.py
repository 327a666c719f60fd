"""Repair the rest of a day: compare it anew with the calls report, replay what was set aside.

One press makes one row; upkeep does the work in steps that may be repeated. What was set aside goes
through a replay run of its own, so it never gets ahead of what comes in now.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clients.errors import ClientError
from models import CallSession, DayRepair, Integration
from models.base import from_ms, now_ms, reading
from models.integration import LIVE
from rules.accounting import DaySpan, span_of_day
from rules.audit import Change
from rules.journal_states import AS_DECIDED
from rules.reconcile import Window
from rules.vocabulary import CallState
from services import replay_runs
from services.audit_log import record
from services.day_accounts import Choice, conditions, list_calls, store_days
from services.find_notifications import JournalFilter
from services.integrations import database_now
from services.ports import Ports
from services.reconcile import Comparison, NoPbx
from services.report_pages import OutOfPoints
from services.side_by_side import side_by_side

logger = logging.getLogger(__name__)

LEASE_MS = 90_000
# Calls that still wait after so long wait for something else: the CRM, a retry, an employee.
PATIENCE = timedelta(minutes=15)
FINISHED = "finished"
REPAIRS, SESSIONS = DayRepair.__table__, CallSession.__table__


def start(session: Session, integration_id: int, day: date, *, author: str) -> DayRepair:
    """Ask for a repair and commit, or give back the one that is under way, of whatever day."""
    repair = DayRepair(
        integration_id=integration_id,
        day=day,
        author=author,
        created_at=database_now(session),
    )
    session.add(repair)
    try:
        session.flush()
        record(session, Change.REPAIR_ASKED, integration_id, day=day)
        session.commit()
    except IntegrityError:  # pressed twice, or by two people
        session.rollback()
        found = find_running(session, integration_id)
        return found if found is not None else start(session, integration_id, day, author=author)
    return repair


def find_running(session: Session, integration_id: int) -> DayRepair | None:
    query = select(DayRepair).where(
        DayRepair.integration_id == integration_id, DayRepair.state != FINISHED
    )
    return session.scalar(query)


def find_last(session: Session, integration_id: int, day: date) -> DayRepair | None:
    """The last repair of a day."""
    mine = DayRepair.integration_id == integration_id, DayRepair.day == day
    return session.scalar(select(DayRepair).where(*mine).order_by(DayRepair.id.desc()).limit(1))


def work_on_due(engine: Engine, ports: Ports) -> int:
    """Move every repair on by one step; returns how many. Safe to run in several places."""
    is_free = or_(REPAIRS.c.leased_until.is_(None), REPAIRS.c.leased_until < now_ms())
    live = select(Integration.id).where(LIVE)
    query = select(REPAIRS.c.id).where(
        REPAIRS.c.state != FINISHED, is_free, REPAIRS.c.integration_id.in_(live)
    )
    with reading(), engine.connect() as connection:
        ids = list(connection.execute(query.order_by(REPAIRS.c.id)).scalars())
    return sum(side_by_side(lambda each: _Repair(engine, ports, each).step(), ids, ports))


class _Repair:
    """One process's turn at one repair."""

    def __init__(self, engine: Engine, ports: Ports, repair_id: int) -> None:
        self._engine = engine
        self._ports = ports
        self._id = repair_id
        self._token = secrets.token_hex(12)

    def step(self) -> bool:
        """Compare, or look how the replay goes; False if another has it."""
        repair = self._lease()
        if repair is None:
            return False
        try:
            if repair.state == "comparing":
                self._compare(repair)
            else:
                self._follow(repair)
        finally:
            self._change(lease_token=None, leased_until=None)
        return True

    def _compare(self, repair: Row[Any]) -> None:
        """What cannot be compared now is told; what was set aside is replayed all the same."""
        span, made_at, now = self._read(repair)
        window = Window(max(span.start, made_at), min(span.until, now))
        error = None
        comparison = Comparison(self._engine, repair.integration_id, window, "repair")
        try:
            if window.since < window.till:
                for _ in comparison.pages(self._ports):
                    self._change(leased_until=now_ms() + LEASE_MS)
        except NoPbx:
            error = "no_key"
        except (ClientError, OutOfPoints) as stopped:
            logger.warning("repair %s: %s", self._id, stopped.code)
            error = stopped.code
        self._change(state="replaying", error=error, **asdict(comparison.counts))

    def _follow(self, repair: Row[Any]) -> None:
        """Begin the replay as soon as no other is under way; end when its calls are done with."""
        span, _, now = self._read(repair)
        is_late = now - repair.created_at > PATIENCE
        with Session(self._engine) as session:
            if repair.replay_run_id is None:
                failed = _failed(session, repair.integration_id, span)
                if failed and (self._begin_replay(session, repair, failed) or not is_late):
                    return
            elif not is_late and not _is_over(session, repair):
                return
        with reading(), Session(self._engine) as session:
            if not is_late and _is_busy(session.connection(), repair.integration_id, span):
                return
            rest = list_calls(session, repair.integration_id, span, Choice.REST).total
        self._change(state=FINISHED, finished_at=now_ms(), rest=rest)
        store_days(self._engine, repair.integration_id)

    def _begin_replay(self, session: Session, repair: Row[Any], ids: list[int]) -> bool:
        """Replay these calls as they were decided; False while another replay is under way."""
        run = replay_runs.begin(
            session,
            repair.integration_id,
            ids,
            JournalFilter(days=0),
            AS_DECIDED,
            author=repair.author,
        )
        if run is None:
            return False
        values = {"replay_run_id": run.id, "replayed": len(ids)}
        session.execute(update(REPAIRS).where(REPAIRS.c.id == self._id).values(values))
        session.commit()
        return True

    def _read(self, repair: Row[Any]) -> tuple[DaySpan, Any, Any]:
        """The day in the office's zone, when the integration was made, and now."""
        with reading(), Session(self._engine) as session:
            integration = session.get_one(Integration, repair.integration_id)
            span = span_of_day(repair.day, integration.timezone)
            return span, integration.created_at, database_now(session)

    def _lease(self) -> Row[Any] | None:
        is_free = or_(REPAIRS.c.leased_until.is_(None), REPAIRS.c.leased_until < now_ms())
        statement = update(REPAIRS).where(
            REPAIRS.c.id == self._id, REPAIRS.c.state != FINISHED, is_free
        )
        values = {"lease_token": self._token, "leased_until": now_ms() + LEASE_MS}
        with self._engine.begin() as connection:
            return connection.execute(statement.values(values).returning(REPAIRS)).first()

    def _change(self, **values: Any) -> None:
        mine = REPAIRS.c.id == self._id, REPAIRS.c.lease_token == self._token
        with self._engine.begin() as connection:
            connection.execute(update(REPAIRS).where(*mine).values(values))


def _failed(session: Session, integration_id: int, span: DaySpan) -> list[int]:
    wanted = conditions(integration_id, span, Choice.FAILED)
    query = select(CallSession.id).where(*wanted, CallSession.erased_at.is_(None))
    return list(session.scalars(query.order_by(CallSession.id).limit(replay_runs.MOST_CALLS)))


def _is_over(session: Session, repair: Row[Any]) -> bool:
    """The replay has made all its calls due, or somebody has stopped it."""
    run = replay_runs.find_run(session, repair.integration_id, repair.replay_run_id)
    return run is None or run.state != replay_runs.RUNNING


def _is_busy(connection: Connection, integration_id: int, span: DaySpan) -> bool:
    """A call of the day could be worked on in this moment."""
    now = from_ms(connection.execute(select(now_ms())).scalar_one())
    query = select(SESSIONS.c.id).where(
        SESSIONS.c.integration_id == integration_id,
        SESSIONS.c.started_at >= span.start,
        SESSIONS.c.started_at < span.until,
        SESSIONS.c.state.in_([str(CallState.WAITING), str(CallState.FAILED)]),
        SESSIONS.c.next_at <= now,
    )
    return connection.execute(query.limit(1)).first() is not None
