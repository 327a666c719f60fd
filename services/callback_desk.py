"""What working out the call-backs of one integration needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from models import Integration, SettingsVersion
from models.base import from_ms, now_ms
from models.integration import LIVE
from rules.settings import Settings, load
from rules.working_hours import due_at, seconds_between


@dataclass
class Desk:
    """`now` is the database's moment when the integration was taken hold of."""

    connection: Connection
    integration_id: int
    crm_account_row_id: int
    zone: ZoneInfo
    country: str
    published_version: int | None
    now: datetime
    _settings: dict[int, Settings] = field(default_factory=dict)

    def settings(self, version: int | None) -> Settings:
        """The settings of a call; of one that has none yet, those that are published."""
        number = version or self.published_version
        if number is None:
            return Settings()
        if number not in self._settings:
            query = select(SettingsVersion.document).where(
                SettingsVersion.integration_id == self.integration_id,
                SettingsVersion.number == number,
            )
            self._settings[number] = load(self.connection.execute(query).scalar_one())
        return self._settings[number]

    def due_at(self, start: datetime, version: int | None) -> datetime:
        """When somebody should have called back, counted in working hours."""
        rules = self.settings(version)
        minutes = rules.tasks.lost_incoming.due_minutes
        return due_at(start, minutes, rules.working_hours, self.zone)

    def working_seconds(self, start: datetime, end: datetime, version: int | None) -> int:
        return seconds_between(start, end, self.settings(version).working_hours, self.zone)

    def is_ignored(self, phone: str, version: int | None) -> bool:
        return self.settings(version).is_ignored(phone, self.country)


def open_desk(connection: Connection, integration_id: int) -> Desk | None:
    """Take hold of the call-backs of an integration until the commit; None if it is deleted.

    Inserts that refer to the integration (notifications, calls) go on meanwhile.
    """
    query = (
        select(
            Integration.id,
            Integration.crm_account_row_id,
            Integration.timezone,
            Integration.default_country,
            Integration.published_version,
        )
        .where(Integration.id == integration_id, LIVE)
        .with_for_update(key_share=True)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Desk(
        connection,
        integration_id=row.id,
        crm_account_row_id=row.crm_account_row_id,
        zone=ZoneInfo(row.timezone),
        country=row.default_country,
        published_version=row.published_version,
        now=from_ms(connection.execute(select(now_ms())).scalar_one()),
    )
