"""What is known of an office's people, numbers and fields, as the kept lists have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CrmList, CrmUserRow, EmployeeRow, UserMapping, VirtualNumberRow
from rules.crm import CustomField, FieldOption
from rules.owner import People
from rules.phones import normalise

FIELD_ENTITIES = ("client", "lead", "deal")


@dataclass(frozen=True)
class OfficeLists:
    """Employees are told by their ids; `phones` are active ones, in the employee's order."""

    people: People
    employee_names: Mapping[str, str]
    extensions: Mapping[str, str | None]
    phones: Mapping[str, Sequence[str]]
    employee_by_email: Mapping[str, str]
    own_numbers: frozenset[str]
    number_names: Mapping[str, str]
    fields: Mapping[str, Mapping[str, CustomField]]


def read_office_lists(session: Session, integration_id: int, country: str) -> OfficeLists:
    """The lists as they stand now; `country` is for numbers without one."""
    employees = _all(session, EmployeeRow, integration_id)
    users = _all(session, CrmUserRow, integration_id)
    pairs = _all(session, UserMapping, integration_id)
    numbers = _all(session, VirtualNumberRow, integration_id)
    own = {number.number for number in numbers}
    own |= {phone for each in employees for phone in (*each.phones, each.extension) if phone}
    return OfficeLists(
        people=People(
            user_by_employee={pair.employee_id: pair.crm_user_id for pair in pairs},
            absent_users=frozenset(user.user_id for user in users if user.gone or not user.active),
            names={user.user_id: user.name or user.user_id for user in users},
        ),
        employee_names={each.employee_id: each.full_name for each in employees if each.full_name},
        extensions={each.employee_id: each.extension for each in employees},
        phones={each.employee_id: tuple(each.phones) for each in employees},
        employee_by_email={
            each.email.lower(): each.employee_id for each in employees if each.email
        },
        own_numbers=own_numbers(own, country),
        number_names={number.number: number.name for number in numbers if number.name},
        fields=_fields(session, integration_id),
    )


def own_numbers(numbers: set[str], country: str) -> frozenset[str]:
    """Our side's phones in one spelling; extensions and SIP names as they are."""
    known = {number: normalise(number, country=country) for number in numbers}
    return frozenset(phone.value if phone else number for number, phone in known.items())


def _all(session: Session, table: Any, integration_id: int) -> list[Any]:
    query = select(table).where(table.integration_id == integration_id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _fields(session: Session, integration_id: int) -> dict[str, dict[str, CustomField]]:
    query = select(CrmList.kind, CrmList.rows).where(
        CrmList.integration_id == integration_id, CrmList.kind.like("fields:%")
    )
    found = {kind.removeprefix("fields:"): rows for kind, rows in session.execute(query)}
    return {
        entity: {row["key"]: _field(row, entity) for row in found.get(entity, [])}
        for entity in FIELD_ENTITIES
    }


def _field(row: Mapping[str, Any], entity: str) -> CustomField:
    options = row.get("options") or []
    return CustomField(
        key=str(row["key"]),
        title=str(row.get("title") or row["key"]),
        entity=entity,
        type=str(row.get("type") or "string"),
        required=bool(row.get("required")),
        options=tuple(FieldOption(str(o["id"]), str(o["title"])) for o in options),
    )
