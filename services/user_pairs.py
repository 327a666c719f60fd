"""Pairs of CRM user and employee as a person sees and changes them, and what a sync would do."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import (
    CrmUserRow,
    EmployeeRow,
    Integration,
    SyncItem,
    SyncRun,
    UserMapping,
    VirtualNumberRow,
)
from rules.audit import Change
from rules.employee_match import id_key
from rules.employee_sync import Result, Why, plan
from rules.pbx import Employee, EmployeePhone
from services.audit_log import record
from services.sync_store import crm_user, known_of

logger = logging.getLogger(__name__)


class NotThere(Exception):
    """There is no such CRM user or employee here (any more)."""


@dataclass(frozen=True)
class Person:
    """A CRM user with the employee who is he, if any. `employee` is None also when the paired one
    is no longer in the PBX: `employee_id` tells."""

    user: CrmUserRow
    employee_id: str | None
    employee: EmployeeRow | None


@dataclass(frozen=True)
class Preview:
    """What a sync would do by the lists as they were read last. `read_at` is the older reading;
    None before both were read once."""

    crm_users: int
    employees: int
    counts: dict[str, int]
    read_at: datetime | None


def preview(session: Session, integration: Integration) -> Preview:
    """Plan by what is stored; nobody is asked."""
    users = _users(session, integration.id)
    employees = employees_of(session, integration.id)
    numbers = session.scalars(
        select(VirtualNumberRow.number).where(VirtualNumberRow.integration_id == integration.id)
    )
    known = replace(known_of(session, integration), own_numbers=list(numbers))
    listed = [crm_user(row) for row in users if not row.gone]
    steps = plan(listed, [_employee(row) for row in employees], known)
    counts = {str(result): 0 for result in Result}
    for step in steps:
        counts[step.result] += 1
    moments = (integration.crm_read_at, integration.pbx_read_at)
    read_at = min(moments) if None not in moments else None  # type: ignore[type-var]
    active = sum(user.active for user in listed)
    return Preview(active, len(employees), counts, read_at)


def people(session: Session, integration_id: int) -> list[Person]:
    """Everybody who is active in the CRM, or paired, by name."""
    employees = {row.employee_id: row for row in employees_of(session, integration_id)}
    pairs = _pairs(session, integration_id)
    return [
        Person(user, pairs.get(user.user_id), employees.get(pairs.get(user.user_id, "")))
        for user in _users(session, integration_id)
        if user.user_id in pairs or (user.active and not user.gone)
    ]


def employees_of(session: Session, integration_id: int) -> Sequence[EmployeeRow]:
    """All employees of the PBX, by name."""
    query = select(EmployeeRow).where(EmployeeRow.integration_id == integration_id)
    rows = session.scalars(query).all()
    return sorted(rows, key=lambda row: ((row.full_name or "").casefold(), id_key(row.employee_id)))


def user_of_employee(session: Session, integration_id: int) -> dict[str, str]:
    """Employee id -> CRM user id."""
    return {employee: user for user, employee in _pairs(session, integration_id).items()}


def count_pairs(session: Session, integration_id: int) -> int:
    query = select(func.count()).where(UserMapping.integration_id == integration_id)
    return session.execute(query).scalar_one()


def count_silent(session: Session, integration_id: int) -> int:
    """Paired employees without extension and phones: nobody can ring them."""
    rows = session.scalars(
        select(EmployeeRow)
        .join(
            UserMapping,
            (UserMapping.integration_id == EmployeeRow.integration_id)
            & (UserMapping.employee_id == EmployeeRow.employee_id),
        )
        .where(EmployeeRow.integration_id == integration_id)
    )
    return sum(not row.extension and not row.phones for row in rows)


def pair(session: Session, integration_id: int, crm_user_id: str, employee_id: str) -> None:
    """Say who is who; an earlier pair of either is taken apart. Raises NotThere."""
    user = _need_user(session, integration_id, crm_user_id)
    if session.get(EmployeeRow, (integration_id, employee_id)) is None:
        raise NotThere
    of_here = UserMapping.integration_id == integration_id
    is_either = (UserMapping.crm_user_id == crm_user_id) | (UserMapping.employee_id == employee_id)
    session.execute(delete(UserMapping).where(of_here, is_either))
    session.add(
        UserMapping(integration_id=integration_id, crm_user_id=crm_user_id, employee_id=employee_id)
    )
    user.kept_apart = False
    _solve(session, integration_id, crm_user_id, Why.PAIRED_BY_HAND, employee_id)
    _note(session, integration_id, crm_user_id, employee=employee_id)
    session.commit()
    logger.info("integration %s: user %s is employee %s", integration_id, crm_user_id, employee_id)


def keep_apart(session: Session, integration_id: int, crm_user_id: str) -> None:
    """Say that no employee belongs to this user, until a person says otherwise. Raises NotThere."""
    _need_user(session, integration_id, crm_user_id).kept_apart = True
    session.execute(
        delete(UserMapping).where(
            UserMapping.integration_id == integration_id, UserMapping.crm_user_id == crm_user_id
        )
    )
    _solve(session, integration_id, crm_user_id, Why.KEPT_APART, None)
    _note(session, integration_id, crm_user_id, kept_apart=True)
    session.commit()
    logger.info("integration %s: user %s is kept apart", integration_id, crm_user_id)


def let_match(session: Session, integration_id: int, crm_user_id: str) -> None:
    """Let the next sync look for this user's employee again. Raises NotThere."""
    _need_user(session, integration_id, crm_user_id).kept_apart = False
    _note(session, integration_id, crm_user_id, kept_apart=False)
    session.commit()


def set_nightly(session: Session, integration_id: int, *, is_on: bool) -> None:
    session.get_one(Integration, integration_id).nightly_sync = is_on
    record(session, Change.NIGHTLY_SYNC_SAVED, integration_id, on=is_on)
    session.commit()


def _note(session: Session, integration_id: int, crm_user_id: str, **values: Any) -> None:
    record(session, Change.PAIR_CHANGED, integration_id, crm_user=crm_user_id, **values)


def _need_user(session: Session, integration_id: int, crm_user_id: str) -> CrmUserRow:
    user = session.get(CrmUserRow, (integration_id, crm_user_id))
    if user is None:
        raise NotThere
    return user


def _solve(
    session: Session, integration_id: int, crm_user_id: str, why: Why, employee_id: str | None
) -> None:
    """The user's conflict in the newest run is one no more."""
    newest = (
        select(func.max(SyncRun.id)).where(SyncRun.integration_id == integration_id)
    ).scalar_subquery()
    session.execute(
        update(SyncItem)
        .where(
            SyncItem.run_id == newest,
            SyncItem.crm_user_id == crm_user_id,
            SyncItem.result == str(Result.CONFLICT),
        )
        .values(result=str(Result.SKIPPED), reason=str(why), employee_id=employee_id)
    )


def _users(session: Session, integration_id: int) -> Sequence[CrmUserRow]:
    query = select(CrmUserRow).where(CrmUserRow.integration_id == integration_id)
    rows = session.scalars(query).all()
    return sorted(rows, key=lambda row: ((row.name or "").casefold(), id_key(row.user_id)))


def _pairs(session: Session, integration_id: int) -> dict[str, str]:
    query = select(UserMapping).where(UserMapping.integration_id == integration_id)
    return {row.crm_user_id: row.employee_id for row in session.scalars(query)}


def _employee(row: EmployeeRow) -> Employee:
    """A stored employee, as far as the plan needs him."""
    phones = tuple(EmployeePhone(number) for number in row.phones)
    name = row.full_name or ""
    return Employee(row.employee_id, name, "", name, row.email, row.extension, phones)
