"""An office: what working on the calls of one integration needs to know, read once for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.behomes import BehomesClient
from models import (
    CrmList,
    CrmUserRow,
    EmployeeRow,
    Integration,
    SettingsVersion,
    UserMapping,
    VirtualNumberRow,
)
from rules.crm import CustomField, FieldOption
from rules.formats import Regional
from rules.owner import People
from rules.phones import normalise
from rules.settings import Settings, load
from services.ports import Ports

FRESH_SECONDS = 3.0
FIELD_ENTITIES = ("client", "lead", "deal")


@dataclass(frozen=True)
class Office:
    """`zone` is the PBX's, `regional` the integration's: what people read is in the latter."""

    integration_id: int
    title: str
    regional: Regional
    zone: ZoneInfo
    account_row_id: int
    account_id: str | None
    reference_key: str
    crm: BehomesClient
    has_pbx: bool
    is_paused: bool
    published_version: int | None
    people: People
    extensions: Mapping[str, str | None]
    employee_by_email: Mapping[str, str]
    own_numbers: frozenset[str]
    number_names: Mapping[str, str]
    fields: Mapping[str, Mapping[str, CustomField]]

    @property
    def country(self) -> str:
        return self.regional.country


class Offices:
    """Keeps offices for a few seconds, and published settings for ever: they never change."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._offices: dict[int, tuple[float, Office]] = {}
        self._settings: dict[tuple[int, int], Settings] = {}

    def get(self, session: Session, integration_id: int) -> Office:
        at, office = self._offices.get(integration_id, (0.0, None))
        if office is None or monotonic() - at > FRESH_SECONDS:
            office = read_office(session, integration_id, self._ports)
            self._offices[integration_id] = (monotonic(), office)
        return office

    def settings(self, session: Session, integration_id: int, version: int) -> Settings:
        key = (integration_id, version)
        if key not in self._settings:
            query = select(SettingsVersion.document).where(
                SettingsVersion.integration_id == integration_id, SettingsVersion.number == version
            )
            self._settings[key] = load(session.execute(query).scalar_one())
        return self._settings[key]


def read_office(session: Session, integration_id: int, ports: Ports) -> Office:
    """The office as it stands now. Raises NoResultFound for an unknown integration."""
    row = session.get_one(Integration, integration_id, populate_existing=True)
    employees = _all(session, EmployeeRow, integration_id)
    users = _all(session, CrmUserRow, integration_id)
    pairs = _all(session, UserMapping, integration_id)
    numbers = _all(session, VirtualNumberRow, integration_id)
    own = {number.number for number in numbers}
    own |= {phone for each in employees for phone in (*each.phones, each.extension) if phone}
    return Office(
        integration_id=row.id,
        title=row.title,
        regional=Regional(row.locale, ZoneInfo(row.timezone), row.default_country),
        zone=ZoneInfo(row.phone_zone),
        account_row_id=row.crm_account_row_id,
        account_id=row.crm_account.account_id,
        reference_key=ports.vault.open(row.crm_account.reference_key_sealed),
        crm=ports.crm(row),
        has_pbx=bool(row.access_token_sealed and row.data_api_url),
        is_paused=row.paused_at is not None,
        published_version=row.published_version,
        people=People(
            user_by_employee={pair.employee_id: pair.crm_user_id for pair in pairs},
            absent_users=frozenset(user.user_id for user in users if user.gone or not user.active),
            names={user.user_id: user.name or user.user_id for user in users},
        ),
        extensions={each.employee_id: each.extension for each in employees},
        employee_by_email={
            each.email.lower(): each.employee_id for each in employees if each.email
        },
        own_numbers=own_numbers(own, row.default_country),
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
