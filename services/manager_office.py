"""What answering for one integration's personal managers needs, read at once and kept for a while.

Callers wait on this, so what is kept may be some seconds old, and older while the database is away.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from clients.behomes import BehomesClient
from models import Integration, SettingsVersion
from models.base import from_ms, now_ms, reading
from models.integration import LIVE
from rules.owner import People
from rules.settings import PersonalManager, load
from services.bounded import Bounded, Busy, TimeUp
from services.employee_statuses import read_away
from services.office_lists import read_office_lists
from services.ports import Ports

logger = logging.getLogger(__name__)

FRESH_SECONDS = 3.0
OLD_SECONDS = 10.0
READ_SECONDS = 0.2


@dataclass(frozen=True)
class ManagerOffice:
    """`blocked`: why the CRM is not asked now (key, open, paused), else None."""

    integration_id: int
    account_row_id: int
    country: str
    rule: PersonalManager
    people: People
    phones: Mapping[str, Sequence[str]]
    away: frozenset[str]
    crm: BehomesClient
    blocked: str | None = None


def read_manager_office(
    session: Session, integration_id: int, ports: Ports, *, rule: PersonalManager | None = None
) -> ManagerOffice | None:
    """The office as it stands now, with the published rule unless another is given; None if there
    is no such integration. Without a published version forwarding is off."""
    query = select(Integration).where(LIVE, Integration.id == integration_id)
    integration = session.scalars(query).first()
    if integration is None:
        return None
    account = integration.crm_account
    now = from_ms(session.execute(select(now_ms())).scalar_one())
    is_paused = account.paused_until is not None and account.paused_until > now
    blocked = account.breaker if account.breaker in ("key", "open") else None
    lists = read_office_lists(session, integration.id, integration.default_country)
    return ManagerOffice(
        integration_id=integration.id,
        account_row_id=integration.crm_account_row_id,
        country=integration.default_country,
        rule=rule or _published_rule(session, integration),
        people=lists.people,
        phones=lists.phones,
        away=read_away(session, integration.id, now),
        crm=ports.crm(integration),
        blocked=blocked or ("paused" if is_paused else None),
    )


def _published_rule(session: Session, integration: Integration) -> PersonalManager:
    query = select(SettingsVersion.document).where(
        SettingsVersion.integration_id == integration.id,
        SettingsVersion.number == integration.published_version,
    )
    document = session.execute(query).scalar()
    return load(document).incoming.personal_manager if document else PersonalManager()


class ManagerOffices:
    """Keeps offices: fresh for some seconds, then read again beside the answer, and waited for only
    when old. Safe for many threads."""

    def __init__(self, engine: Engine, ports: Ports) -> None:
        self._engine = engine
        self._ports = ports
        self._pool = Bounded("manager-office", at_once=2, waiting=64)
        self._kept: dict[int, tuple[float, ManagerOffice]] = {}

    def reset(self) -> None:
        self._pool.reset()

    def get(self, integration_id: int, *, until: float) -> ManagerOffice | None:
        """The office; None if it was never read and cannot be read until then (`monotonic()`)."""
        at, office = self._kept.get(integration_id, (0.0, None))
        age = monotonic() - at
        if office is not None and age < FRESH_SECONDS:
            return office
        if office is not None and age < OLD_SECONDS:
            with contextlib.suppress(Busy):
                self._pool.start_once(integration_id, lambda: self._read(integration_id))
            return office
        seconds = READ_SECONDS if office else max(READ_SECONDS, until - monotonic())
        try:
            return self._pool.run(lambda: self._read(integration_id), seconds)
        except (TimeUp, SQLAlchemyError):
            logger.warning("manager of integration %s: the database is slow", integration_id)
            return office

    def _read(self, integration_id: int) -> ManagerOffice | None:
        with reading(), Session(self._engine) as session:
            office = read_manager_office(session, integration_id, self._ports)
        if office is None:
            self._kept.pop(integration_id, None)
        else:
            self._kept[integration_id] = (monotonic(), office)
        return office
