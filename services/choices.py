"""What can be chosen in the wizard, from the lists that are kept: no page waits for the CRM."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CrmList, CrmUserRow, Integration, UserMapping, VirtualNumberRow
from rules.choices import Choices, UserChoice
from rules.crm import CustomField, FieldOption, Pipeline, Stage
from rules.pbx import VirtualNumber


def read_choices(session: Session, integration: Integration) -> Choices:
    """Everything that the wizard can offer for this integration; only pipelines of deals."""
    query = select(CrmList.kind, CrmList.rows).where(CrmList.integration_id == integration.id)
    lists = {kind: rows for kind, rows in session.execute(query)}
    return Choices(
        users=_users(session, integration.id),
        pipelines=tuple(
            _pipeline(row) for row in lists.get("pipelines", []) if row["entity"] == "deal"
        ),
        fields={
            kind.removeprefix("fields:"): tuple(_custom_field(row) for row in rows)
            for kind, rows in lists.items()
            if kind.startswith("fields:")
        },
        numbers=_numbers(session, integration.id),
        crm_read_at=integration.crm_read_at,
        crm_error=integration.crm_error,
        pbx_read_at=integration.pbx_read_at,
        pbx_error=integration.pbx_error,
        country=integration.default_country,
    )


def _users(session: Session, integration_id: int) -> tuple[UserChoice, ...]:
    query = (
        select(
            CrmUserRow.user_id,
            CrmUserRow.name,
            CrmUserRow.email,
            CrmUserRow.active,
            CrmUserRow.gone,
            UserMapping.employee_id,
        )
        .outerjoin(
            UserMapping,
            (UserMapping.integration_id == CrmUserRow.integration_id)
            & (UserMapping.crm_user_id == CrmUserRow.user_id),
        )
        .where(CrmUserRow.integration_id == integration_id)
    )
    users = [
        UserChoice(user_id, name or user_id, email, active and not gone, employee_id)
        for user_id, name, email, active, gone, employee_id in session.execute(query)
    ]
    return tuple(sorted(users, key=lambda user: user.name.casefold()))


def _numbers(session: Session, integration_id: int) -> tuple[VirtualNumber, ...]:
    query = (
        select(VirtualNumberRow)
        .where(VirtualNumberRow.integration_id == integration_id)
        .order_by(VirtualNumberRow.number)
    )
    return tuple(
        VirtualNumber(id=row.number, number=row.number, name=row.name, active=row.active)
        for row in session.scalars(query)
    )


def _pipeline(row: dict[str, Any]) -> Pipeline:
    stages = tuple(Stage(**stage) for stage in row["stages"])
    return Pipeline(row["id"], row["name"], row["entity"], stages)


def _custom_field(row: dict[str, Any]) -> CustomField:
    options = tuple(FieldOption(**option) for option in row.get("options", ()))
    return CustomField(**{**row, "options": options})
