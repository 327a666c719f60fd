"""Who calls by a click, and from which number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CrmUserRow, EmployeeRow, UserMapping, VirtualNumberRow
from rules.dialling import Refusal


@dataclass(frozen=True)
class Caller:
    employee_id: str
    crm_user_id: str | None

    @property
    def columns(self) -> dict[str, Any]:
        return {"employee_id": self.employee_id, "crm_user_id": self.crm_user_id}


def find_caller(
    session: Session, integration_id: int, crm_user_id: str | None, employee_id: str | None
) -> Caller | Refusal:
    """The employee whom a CRM user or one of our own pages means, or why there is none."""
    pairs = select(UserMapping).where(UserMapping.integration_id == integration_id)
    if employee_id is not None:
        pair = session.scalars(pairs.where(UserMapping.employee_id == employee_id)).first()
        return Caller(employee_id, pair.crm_user_id if pair else None)
    if crm_user_id is None:
        return Refusal.USER_UNMAPPED
    user = session.get(CrmUserRow, (integration_id, crm_user_id))
    pair = session.scalars(pairs.where(UserMapping.crm_user_id == crm_user_id)).first()
    if user is not None and (user.gone or not user.active):
        return Refusal.USER_UNKNOWN
    if pair is None:
        return Refusal.USER_UNMAPPED if user else Refusal.USER_UNKNOWN
    return Caller(pair.employee_id, pair.crm_user_id)


def outgoing_number(session: Session, integration_id: int) -> str | None:
    """The first active number of the account."""
    query = select(VirtualNumberRow.number).where(
        VirtualNumberRow.integration_id == integration_id, VirtualNumberRow.active
    )
    return session.scalars(query.order_by(VirtualNumberRow.number).limit(1)).first()


def employee_name(session: Session, integration_id: int, employee_id: str | None) -> str | None:
    row = session.get(EmployeeRow, (integration_id, employee_id)) if employee_id else None
    return row.full_name if row else None
