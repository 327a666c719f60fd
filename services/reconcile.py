"""Compare a window of the calls report with our calls, and take in what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.callgear import CallGearClient
from clients.errors import ClientError
from models import Integration, ReconcileRun
from models.base import from_ms, now_ms, reading
from models.integration import LIVE
from rules.reconcile import Counts, Window
from services import meters
from services.ports import Ports
from services.report_pages import OutOfPoints, read_pages
from services.reports import CORE_FIELDS, wanted_fields
from services.take_in_report import Office, take_in_rows

KEPT = timedelta(days=30)


class NoPbx(Exception):
    """There is no key of CallGear to read the report with."""


@dataclass
class Comparison:
    """One comparison, made page by page. `till`: everything that began before is compared; `pbx`:
    who was asked, as soon as somebody was."""

    engine: Engine
    integration_id: int
    window: Window
    kind: str
    counts: Counts = field(default_factory=Counts)
    till: datetime | None = None
    pbx: CallGearClient | None = None
    run_id: int = 0
    _seen: set[str] = field(default_factory=set)

    def pages(self, ports: Ports) -> Iterator[Counts]:
        """Compare; yields after each page that is committed. Raises NoPbx, OutOfPoints and what
        the client raises; what was compared until then stays."""
        self.pbx, fields, office = self._open(ports)
        self._begin()
        try:
            for page in read_pages(self.pbx, self.window, fields, CORE_FIELDS):
                # The last row of a page is the first of the next one.
                rows = [row for row in page.rows if row.call_session_id not in self._seen]
                self._seen.update(row.call_session_id for row in rows)
                if rows:
                    self.counts += take_in_rows(self.engine, office, rows)
                self.till = page.till
                yield self.counts
        except (ClientError, OutOfPoints) as error:
            self._end(error.code)
            raise
        self._end(None)

    def _open(self, ports: Ports) -> tuple[CallGearClient, tuple[str, ...], Office]:
        with reading(), Session(self.engine) as session:
            query = select(Integration).where(Integration.id == self.integration_id, LIVE)
            integration = session.scalars(query).unique().one_or_none()
            pbx = ports.pbx(integration) if integration else None
            if integration is None or pbx is None:
                raise NoPbx
            fields = wanted_fields(session, integration, with_told=True)
            return pbx, fields, Office(integration.id, integration.default_country)

    def _begin(self) -> None:
        with Session(self.engine) as session, session.begin():
            run = ReconcileRun(
                integration_id=self.integration_id,
                kind=self.kind,
                from_at=self.window.since,
                till_at=self.window.till,
                started_at=_now(session),
            )
            session.add(run)
            session.flush()
            self.run_id = run.id

    def _end(self, error: str | None) -> None:
        """Write down how it went, and let go of what is told of old runs."""
        counts = self.counts
        for result in ("known", "taken_in", "completed"):
            meters.count("reconciled_calls_total", result, by=getattr(counts, result))
        with Session(self.engine) as session, session.begin():
            now = _now(session)
            session.execute(
                update(ReconcileRun)
                .where(ReconcileRun.id == self.run_id)
                .values(
                    finished_at=now,
                    rows=counts.rows,
                    known=counts.known,
                    taken_in=counts.taken_in,
                    completed=counts.completed,
                    error=error,
                )
            )
            session.execute(
                delete(ReconcileRun).where(
                    ReconcileRun.integration_id == self.integration_id,
                    ReconcileRun.started_at < now - KEPT,
                )
            )


def reconcile(
    engine: Engine,
    ports: Ports,
    integration_id: int,
    *,
    since: datetime,
    till: datetime,
    kind: str,
) -> Counts:
    """Compare the calls that began between two moments, as they are given. Safe to repeat.

    `kind`: command or repair; the periodic ones have their own loop. Raises NoPbx, OutOfPoints
    and ClientError; what was compared until then stays.
    """
    comparison = Comparison(engine, integration_id, Window(since, till), kind)
    for _ in comparison.pages(ports):
        pass
    return comparison.counts


def _now(session: Session) -> datetime:
    return from_ms(session.execute(select(now_ms())).scalar_one())
