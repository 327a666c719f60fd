"""Who is away by his status in the PBX: read often, but only where a setting asks for it.

Points are limited (docs/callgear.md 1.3): one for each reading, no more than the reserve allows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.callgear import CallGearClient
from clients.errors import ClientError, LimitExceeded
from models import CrmList, EmployeeRow, Integration, SettingsVersion
from models.base import from_ms, now_ms, reading
from models.integration import LIVE
from rules.absence import Status, away_employees
from rules.settings import AbsentManager, PersonalManager, load
from services.integrations import locked
from services.points import seconds_to_wait
from services.ports import Ports
from services.side_by_side import side_by_side
from services.task_turns import Turn

logger = logging.getLogger(__name__)

KIND = "statuses"
EVERY_SECONDS = 300.0
STATUSES_EVERY_SECONDS = 3600.0
AT_ONCE = 32  # read within the time of a turn, even if each answer is late
# A status read longer ago says nothing any more: a person is there and is rung.
TRUSTED = timedelta(minutes=20)


def read_away(session: Session, integration_id: int, now: datetime) -> frozenset[str]:
    """The employees who are away; nobody once the statuses are old."""
    kept = session.get(CrmList, (integration_id, KIND), populate_existing=True)
    if kept is None or now - kept.fetched_at > TRUSTED:
        return frozenset()
    query = select(EmployeeRow.employee_id, EmployeeRow.status_id).where(
        EmployeeRow.integration_id == integration_id
    )
    status_by_employee: dict[str, str | None] = {row[0]: row[1] for row in session.execute(query)}
    return away_employees(status_by_employee, [Status(**row) for row in kept.rows])


class StatusReader:
    """Reads statuses of the integrations that need them; one thread of one process uses it, and of
    several hosts one at a time: each reading costs points.

    What is due it remembers itself: after a restart everybody is read once more, for one point.
    """

    def __init__(self, engine: Engine, ports: Ports) -> None:
        self._engine = engine
        self._ports = ports
        self._turn = Turn(engine, "read statuses")
        self._next_at: dict[int, float] = {}
        self._statuses: dict[int, tuple[float, tuple[Status, ...]]] = {}

    def read_due(self) -> int:
        """Read some for which it is time; returns how many integrations were read."""
        wanting = needing(self._engine, needs_statuses)
        due = [each for each in wanting if monotonic() >= self._next_at.get(each, 0.0)][:AT_ONCE]
        if not due or not self._turn.hold():
            return 0
        self._next_at |= dict.fromkeys(due, monotonic() + EVERY_SECONDS)
        return sum(side_by_side(self._read, due, self._ports))

    def _read(self, integration_id: int) -> bool:
        with reading(), Session(self._engine) as session:
            pbx = self._ports.pbx(session.get_one(Integration, integration_id))
        if pbx is None:
            return False
        try:
            statuses = self._definitions(integration_id, pbx)
            told = pbx.employee_statuses()
        except ClientError as error:
            logger.warning("statuses of integration %s: %s", integration_id, error.code)
            if isinstance(error, LimitExceeded) and error.retry_after:
                self._next_at[integration_id] = monotonic() + error.retry_after
            return False
        wait = max(EVERY_SECONDS, seconds_to_wait(pbx.limits))
        self._next_at[integration_id] = monotonic() + wait
        with Session(self._engine) as session, session.begin():
            store_statuses(session, integration_id, statuses, told)
        return True

    def _definitions(self, integration_id: int, pbx: CallGearClient) -> tuple[Status, ...]:
        at, known = self._statuses.get(integration_id, (0.0, ()))
        if not known or monotonic() - at > STATUSES_EVERY_SECONDS:
            known = pbx.statuses()
            self._statuses[integration_id] = (monotonic(), known)
        return known


def store_statuses(
    session: Session,
    integration_id: int,
    statuses: Iterable[Status],
    told: Mapping[str, str | None],
) -> None:
    """Keep what was read just now."""
    locked(session, integration_id)
    mine = EmployeeRow.integration_id == integration_id
    query = select(EmployeeRow.employee_id, EmployeeRow.status_id).where(mine)
    known = {row[0]: row[1] for row in session.execute(query)}
    for employee_id, status_id in told.items():
        if employee_id in known and known[employee_id] != status_id:
            session.execute(
                update(EmployeeRow)
                .where(mine, EmployeeRow.employee_id == employee_id)
                .values(status_id=status_id)
            )
    now = from_ms(session.execute(select(now_ms())).scalar_one())
    rows: list[Any] = [asdict(status) for status in statuses]
    session.merge(CrmList(integration_id=integration_id, kind=KIND, rows=rows, fetched_at=now))


def needs_statuses(rule: PersonalManager) -> bool:
    """Whether anybody wants to know who is away."""
    return rule.enabled and rule.absent is not AbsentManager.RING


def needing(engine: Engine, needs: Any) -> list[int]:
    """The integrations with a key of the PBX whose published rule `needs` says yes to."""
    query = (
        select(Integration.id, SettingsVersion.document)
        .join(
            SettingsVersion,
            (SettingsVersion.integration_id == Integration.id)
            & (SettingsVersion.number == Integration.published_version),
        )
        .where(LIVE, Integration.access_token_sealed.is_not(None))
    )
    with reading(), engine.connect() as connection:
        rows = connection.execute(query.order_by(Integration.id)).all()
    return [row.id for row in rows if needs(load(row.document).incoming.personal_manager)]
