"""Keep what both systems list: employees, virtual numbers, CRM users, pipelines, custom fields.

Read when an integration is made, then hourly; what could not be read is tried again each minute
until it was read once. A list that fails half-way changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.behomes import BehomesClient
from clients.callgear import CallGearClient
from clients.errors import ClientError, UnsupportedError
from models import CrmList, CrmUserRow, EmployeeRow, Integration, VirtualNumberRow
from models.base import from_ms, now_ms, reading
from models.integration import LIVE
from rules.crm import CrmUser
from rules.pbx import Employee, PbxAccount, VirtualNumber
from services.integrations import locked
from services.ports import Ports
from services.side_by_side import side_by_side

logger = logging.getLogger(__name__)

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
AT_ONCE = 32
FIELD_ENTITIES = ("client", "lead", "deal")


def refresh_due(engine: Engine, ports: Ports) -> int:
    """Refresh some of the integrations whose lists are old; returns how many.

    Safe to run in several places: `pbx_tried_at` is moved on before anything is asked, of a few at
    a time, so that others find some left.
    """
    now = now_ms()
    is_old = or_(
        Integration.pbx_tried_at.is_(None),
        Integration.pbx_tried_at < now - HOUR_MS,
        (Integration.pbx_tried_at < now - MINUTE_MS)
        & or_(Integration.pbx_error.is_not(None), Integration.crm_error.is_not(None)),
    )
    with reading(), engine.connect() as connection:
        if connection.execute(select(Integration.id).where(LIVE, is_old).limit(1)).first() is None:
            return 0
    oldest = (
        select(Integration.id)
        .where(LIVE, is_old)
        .order_by(Integration.pbx_tried_at.nulls_first(), Integration.id)
        .limit(AT_ONCE)
    )
    with engine.begin() as connection:
        ids = list(
            connection.execute(
                update(Integration)
                .where(Integration.id.in_(oldest), is_old)
                .values(pbx_tried_at=now)
                .returning(Integration.id)
            ).scalars()
        )
    side_by_side(lambda integration_id: _refresh(engine, ports, integration_id), ids, ports)
    return len(ids)


def _refresh(engine: Engine, ports: Ports, integration_id: int) -> None:
    try:
        refresh(engine, ports, integration_id)
    except Exception as error:
        # One that cannot be read at all (its key is lost) must not keep the others waiting.
        # Without the message: a database's can hold a whole row, with phones.
        logger.error("lists of integration %s: %s", integration_id, type(error).__name__)


def ask_again(session: Session, integration_id: int) -> None:
    """Have both sides read again soon, by whoever runs `refresh_due`; what is kept stays."""
    session.execute(
        update(Integration)
        .where(Integration.id == integration_id)
        .values(pbx_tried_at=None, crm_error=None)
    )
    session.commit()


def refresh(engine: Engine, ports: Ports, integration_id: int) -> None:
    """Read all lists of one integration; what fails is noted and the other side still read."""
    with Session(engine) as session:
        integration = session.get_one(Integration, integration_id)
        pbx, crm = ports.pbx(integration), ports.crm(integration)
        is_crm_known = integration.crm_account.breaker == "closed"
    if pbx is not None:
        _guarded(engine, integration_id, "pbx", lambda: _read_pbx(engine, integration_id, pbx))
    if is_crm_known:
        _guarded(engine, integration_id, "crm", lambda: _read_crm(engine, integration_id, crm))


def _guarded(engine: Engine, integration_id: int, side: str, read: Callable[[], None]) -> None:
    error_text = None
    try:
        read()
    except ClientError as error:
        logger.warning("lists of integration %s, %s: %s", integration_id, side, error.code)
        error_text = f"{error.code}: {error.message}"[:300]
    values: dict[str, Any] = {f"{side}_error": error_text}
    if error_text is None:
        values[f"{side}_read_at"] = now_ms()
    with engine.begin() as connection:
        row = Integration.__table__
        connection.execute(update(row).where(row.c.id == integration_id).values(values))


def _read_pbx(engine: Engine, integration_id: int, pbx: CallGearClient) -> None:
    account = pbx.account()
    employees, numbers = pbx.employees(), pbx.virtual_numbers()
    with Session(engine) as session, session.begin():
        store_pbx(session, integration_id, account, employees, numbers)


def store_pbx(
    session: Session,
    integration_id: int,
    account: PbxAccount,
    employees: Iterable[Employee],
    numbers: Iterable[VirtualNumber],
) -> None:
    """Put complete lists of the PBX in the place of the old ones. Of two at once, an employee sync
    and the hourly reading, one waits for the other."""
    locked(session, integration_id).pbx_timezone = account.timezone
    session.execute(delete(EmployeeRow).where(EmployeeRow.integration_id == integration_id))
    session.execute(
        delete(VirtualNumberRow).where(VirtualNumberRow.integration_id == integration_id)
    )
    session.add_all(employee_row(integration_id, each) for each in employees)
    session.add_all(
        VirtualNumberRow(
            integration_id=integration_id, number=each.number, name=each.name, active=each.active
        )
        for each in {number.number: number for number in numbers}.values()
    )


def employee_row(integration_id: int, employee: Employee) -> EmployeeRow:
    full_name = employee.full_name or f"{employee.last_name} {employee.first_name}".strip()
    return EmployeeRow(
        integration_id=integration_id,
        employee_id=employee.id,
        full_name=full_name[:200],
        email=(employee.email or "")[:200] or None,
        extension=employee.extension,
        phones=[phone.number for phone in employee.phones if phone.active],
        status_id=employee.status_id,
    )


def _read_crm(engine: Engine, integration_id: int, crm: BehomesClient) -> None:
    with reading(), engine.connect() as connection:
        asked_at = from_ms(connection.execute(select(now_ms())).scalar_one())
    users = list(crm.users())
    lists: dict[str, list[dict[str, Any]]] = {
        "pipelines": [asdict(each) for each in _supported(crm.pipelines)]
    }
    for entity in FIELD_ENTITIES:
        fields = _supported(lambda entity=entity: crm.custom_fields(entity))  # type: ignore[misc]
        lists[f"fields:{entity}"] = [asdict(field) for field in fields]
    with Session(engine) as session, session.begin():
        store_crm_users(session, integration_id, users, asked_at=asked_at)
        now = from_ms(session.execute(select(now_ms())).scalar_one())
        for kind, rows in lists.items():
            session.merge(
                CrmList(integration_id=integration_id, kind=kind, rows=rows, fetched_at=now)
            )


def _supported(read: Callable[[], Iterable[Any]]) -> list[Any]:
    """A list that this CRM does not have is empty."""
    try:
        return list(read())
    except UnsupportedError:
        return []


def store_crm_users(
    session: Session,
    integration_id: int,
    users: Iterable[CrmUser],
    *,
    asked_at: datetime | None = None,
) -> None:
    """Take over a complete list of CRM users; who is no longer in it is marked gone. What the CRM
    told by an event after the list was asked for stays."""
    locked(session, integration_id)
    query = select(CrmUserRow).where(CrmUserRow.integration_id == integration_id)
    known = {row.user_id: row for row in session.scalars(query)}
    listed = {user.id: user for user in users}
    newer = {
        row.user_id for row in known.values() if asked_at and row.told_at and row.told_at > asked_at
    }
    for row in known.values():
        if row.user_id in newer:
            listed.pop(row.user_id, None)
            continue
        row.gone = row.user_id not in listed
    for user in listed.values():
        row = known.get(user.id) or CrmUserRow(integration_id=integration_id, user_id=user.id)
        row.name, row.email, row.extension = user.name, user.email, user.extension
        row.phones, row.active, row.gone = list(user.phones), user.active, False
        row.told_at = asked_at or row.told_at
        session.add(row)
