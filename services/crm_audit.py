"""Audit of the CRM: under each of our references it must hold exactly one thing.

Only reads the CRM. A run goes through the ledger of a window of calls, then once more through what
earlier runs have found. Each write is concluded by itself, so whoever is killed has lost nothing;
an answer that tells nothing (the CRM away, its filter ignored) concludes nothing.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.behomes import BehomesClient
from clients.errors import (
    ClientError,
    ForbiddenError,
    KeyRefusedError,
    NotFoundError,
    RateLimitedError,
    UnsupportedError,
)
from models import AuditRun, Integration, KnownClient
from models.base import from_ms, now_ms, reading
from models.integration import LIVE
from rules.crm_audit import Card, Verdict, judge_found, judge_missing
from rules.vocabulary import Entity
from services import audit_findings, breaker
from services.crm_audit_rows import is_settled, read_findings, read_writes
from services.pace import Pace, slow_down
from services.ports import Ports
from services.side_by_side import side_by_side
from services.spare_pace import may_ask

logger = logging.getLogger(__name__)

LEASE_MS = 60_000
ASK_AGAIN_SECONDS = 0.1
TRIES = 5
LATER = timedelta(seconds=30)
FIND_SECONDS = 20.0
GONE_STATUS = 410
RUNS, INDEX = AuditRun.__table__, KnownClient.__table__
Answer = TypeVar("Answer")


class _NotNow(Exception):
    """There is no room for another request, or the run is not ours any more."""


def work_on_due(engine: Engine, ports: Ports, *, seconds: float) -> int:
    """Move each run on for some seconds; returns how many were moved. Safe in several places."""
    is_free = or_(RUNS.c.leased_until.is_(None), RUNS.c.leased_until < now_ms())
    is_due = or_(RUNS.c.next_at.is_(None), RUNS.c.next_at <= now_ms())
    live = select(Integration.id).where(LIVE)
    query = select(RUNS.c.id).where(
        RUNS.c.state == "running", is_free, is_due, RUNS.c.integration_id.in_(live)
    )
    with reading(), engine.connect() as connection:
        ids = list(connection.execute(query.order_by(RUNS.c.id)).scalars())

    def work(run_id: int) -> None:
        Audit(engine, ports, run_id).work(monotonic() + seconds)

    side_by_side(work, ids, ports)
    return len(ids)


class Audit:
    """One process's turn at one run."""

    def __init__(self, engine: Engine, ports: Ports, run_id: int) -> None:
        self._engine = engine
        self._ports = ports
        self._run_id = run_id
        self._token = secrets.token_hex(12)
        self._pace = Pace(self._token)
        self._account = 0
        self._until = 0.0

    def work(self, until: float) -> None:
        """Go on until that moment (of `time.monotonic`), or until nothing is left."""
        self._until = until
        if not self._lease():
            return
        try:
            with suppress(_NotNow):  # the next turn goes on where this one stood
                self._go_through()
        except ClientError as error:
            self._fail(error)
        finally:
            self._leave()

    def _go_through(self) -> None:
        crm = self._open()
        if crm is None:
            return
        for row in self._rows():
            self._conclude(row, self._judge(crm, row))
            if monotonic() >= self._until:
                return

    def _open(self) -> BehomesClient | None:
        with reading(), Session(self._engine) as session:
            run = session.get_one(AuditRun, self._run_id)
            query = select(Integration).where(Integration.id == run.integration_id, LIVE)
            integration = session.scalars(query).unique().one_or_none()
            if integration is None:
                return None
            self._account = integration.crm_account_row_id
            return self._ports.crm(integration)

    def _rows(self) -> Iterator[Row[Any]]:
        """Everything of this run that is left; the phase moves on with the last row of each."""
        while rows := self._read():
            yield from rows

    def _read(self) -> list[Row[Any]]:
        settle = self._ports.settle_seconds
        with reading(), Session(self._engine) as session:
            run = session.get_one(AuditRun, self._run_id)
            if run.state != "running":
                return []
            in_calls = run.phase == "calls"
            rows = list(
                read_writes(session, run, settle) if in_calls else read_findings(session, run)
            )
        if rows:
            return rows
        if in_calls:
            self._change(phase="findings", position_id=0)
            return self._read()
        self._change(state="finished", finished_at=now_ms())
        return []

    def _judge(self, crm: BehomesClient, row: Row[Any]) -> Verdict | None:
        """None when there is nothing to conclude yet: it is being made, or still settling."""
        if not is_settled(row, self._now(), self._ports.settle_seconds):
            return None
        find = partial(crm.find_by_reference, row.kind, row.reference, timeout=FIND_SECONDS)
        found = self._ask(find)
        verdict = judge_found([record.id for record in found])
        return verdict or judge_missing(self._card(crm, row))

    def _card(self, crm: BehomesClient, row: Row[Any]) -> Card:
        is_client = row.kind == Entity.CLIENT
        client_id = row.crm_id if is_client else _client_of(row)
        if client_id is None:
            return Card.UNKNOWN
        if not is_client and self._is_told_deleted(row):
            return Card.DELETED
        try:
            client = self._ask(partial(crm.get_client, client_id, timeout=FIND_SECONDS))
        except NotFoundError as error:
            return Card.DELETED if error.status == GONE_STATUS else Card.UNKNOWN
        named = {each.id for each in (*client.open_leads, *client.open_deals)}
        return Card.NAMES_IT if is_client or row.crm_id in named else Card.SILENT

    def _is_told_deleted(self, row: Row[Any]) -> bool:
        """The CRM has told us, after this write, that nobody has the number any more."""
        if row.client_phone is None:
            return False
        query = select(INDEX.c.client_id, INDEX.c.source, INDEX.c.read_at).where(
            INDEX.c.crm_account_row_id == self._account, INDEX.c.phone == row.client_phone
        )
        with reading(), self._engine.connect() as connection:
            known = connection.execute(query).first()
        is_told = known is not None and known.client_id is None and known.source == "event"
        return is_told and known is not None and known.read_at >= row.done_at

    def _ask(self, request: Callable[[], Answer]) -> Answer:
        """One request, when the pace has room for it."""
        while not self._may_ask():
            if monotonic() + ASK_AGAIN_SECONDS >= self._until:
                raise _NotNow
            time.sleep(ASK_AGAIN_SECONDS)
        try:
            return request()
        finally:
            self._pace.give_back(self._account, 1)

    def _may_ask(self) -> bool:
        with self._engine.begin() as connection:
            self._hold(connection)
            return may_ask(connection, self._pace, self._account)

    def _conclude(self, row: Row[Any], verdict: Verdict | None) -> None:
        """Store what one write turned out to be, and that the run has passed it."""
        with self._engine.begin() as connection:
            run = self._hold(connection)
            values: dict[str, Any] = {"tries": 0, "next_at": None}
            if run.phase == "findings":
                values["position_id"] = row.finding_id
                audit_findings.follow_up(connection, row)
            else:
                values |= {"position_at": row.started_at, "position_id": row.id}
            if verdict is not None and audit_findings.conclude(connection, run, row, verdict):
                name = str(verdict.found)
                values |= {"checked": RUNS.c.checked + 1, name: RUNS.c[name] + 1}
            connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(values))

    def _fail(self, error: ClientError) -> None:
        """Nothing is concluded from an answer that tells nothing; it is asked again later."""
        logger.warning("audit %s: %s", self._run_id, error.code)
        is_final = isinstance(error, (UnsupportedError, ForbiddenError))
        with self._engine.begin() as connection:
            if isinstance(error, RateLimitedError):
                slow_down(connection, self._account, error.retry_after)
            elif isinstance(error, KeyRefusedError):
                breaker.note_failure(connection, self._account, error)
            run = connection.execute(select(RUNS).where(RUNS.c.id == self._run_id)).one()
            tries = run.tries + 1
            values: dict[str, Any] = {
                "tries": tries,
                "error": error.code,
                "next_at": now_ms() + int(LATER.total_seconds() * 1000) * tries,
            }
            if is_final or tries >= TRIES:
                values |= {"state": "aborted", "finished_at": now_ms()}
            connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(values))

    def _lease(self) -> bool:
        is_free = or_(RUNS.c.leased_until.is_(None), RUNS.c.leased_until < now_ms())
        statement = (
            update(RUNS)
            .where(RUNS.c.id == self._run_id, RUNS.c.state == "running", is_free)
            .values(lease_token=self._token, leased_until=now_ms() + LEASE_MS)
        )
        with self._engine.begin() as connection:
            return bool(connection.execute(statement).rowcount)

    def _hold(self, connection: Connection) -> Row[Any]:
        """Renew the lease; raises _NotNow when another has taken the run over."""
        mine = RUNS.c.id == self._run_id, RUNS.c.lease_token == self._token
        statement = update(RUNS).where(*mine, RUNS.c.state == "running")
        run = connection.execute(
            statement.values(leased_until=now_ms() + LEASE_MS).returning(RUNS)
        ).first()
        if run is None:
            raise _NotNow
        return run

    def _change(self, **values: Any) -> None:
        with self._engine.begin() as connection:
            self._hold(connection)
            connection.execute(
                update(RUNS).where(RUNS.c.id == self._run_id).values({**values, "error": None})
            )

    def _leave(self) -> None:
        mine = RUNS.c.id == self._run_id, RUNS.c.lease_token == self._token
        with self._engine.begin() as connection:
            self._pace.release(connection)
            connection.execute(
                update(RUNS).where(*mine).values(lease_token=None, leased_until=None)
            )

    def _now(self) -> Any:
        with reading(), self._engine.connect() as connection:
            return from_ms(connection.execute(select(now_ms())).scalar_one())


def _client_of(row: Row[Any]) -> str | None:
    """The client whom a lead, deal or task belongs to."""
    link = row.body.get("link") or {}
    linked = link.get("id") if link.get("entity") == Entity.CLIENT else None
    found = row.body.get("client_id") or linked or row.created.get("client_id")
    return str(found) if found else None
