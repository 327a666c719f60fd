"""An office: what working on the calls of one integration needs to know, read once for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.behomes import BehomesClient
from models import Integration, SettingsVersion
from rules.crm import CustomField
from rules.formats import Regional
from rules.owner import People
from rules.settings import Settings, load
from services.office_lists import read_office_lists
from services.ports import Ports

FRESH_SECONDS = 3.0


@dataclass(frozen=True)
class Office:
    """`zone` is the PBX's, `regional` the integration's: what people read is in the latter.

    `restored_at`: of calls that began before, the CRM may hold what our database has forgotten.
    """

    integration_id: int
    title: str
    regional: Regional
    zone: ZoneInfo
    account_row_id: int
    account_id: str | None
    reference_key: str
    restored_at: datetime | None
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

    def find_settings(
        self, session: Session, integration_id: int, version: int | None
    ) -> Settings | None:
        """The settings of a version; None without one."""
        return self.settings(session, integration_id, version) if version else None

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
    lists = read_office_lists(session, row.id, row.default_country)
    return Office(
        integration_id=row.id,
        title=row.title,
        regional=Regional(row.locale, ZoneInfo(row.timezone), row.default_country),
        zone=ZoneInfo(row.phone_zone),
        account_row_id=row.crm_account_row_id,
        account_id=row.crm_account.account_id,
        reference_key=ports.vault.open(row.crm_account.reference_key_sealed),
        restored_at=row.crm_account.restored_at,
        crm=ports.crm(row),
        has_pbx=bool(row.access_token_sealed and row.data_api_url),
        is_paused=row.paused_at is not None,
        published_version=row.published_version,
        people=lists.people,
        extensions=lists.extensions,
        employee_by_email=lists.employee_by_email,
        own_numbers=lists.own_numbers,
        number_names=lists.number_names,
        fields=lists.fields,
    )
