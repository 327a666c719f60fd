"""What the console shows beside its stream: whose it is, and his calls of the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, or_, select
from sqlalchemy.orm import Session

from models import (
    CallSession,
    Card,
    CrmUserRow,
    EmployeeRow,
    Integration,
    LoginIntegration,
    SettingsVersion,
    UserMapping,
)
from rules.settings_shape import read
from services import card_rows, card_view
from services.ask_client import makes_client_by_rule
from services.call_filter import took_part
from services.find_calls import find_own_employee_id

LONGEST_DAY = 100


@dataclass(frozen=True)
class Desk:
    """A person's place in one office: his employee of CallGear and his user of the CRM.

    `makes_clients`: a rule makes the client of an unknown number that calls.
    """

    integration_id: int
    title: str
    zone: str
    employee_id: str
    employee_name: str
    user_id: str | None
    can_dial: bool
    makes_clients: bool


@dataclass(frozen=True)
class OwnCall:
    """A call of the day; `is_own` if he took part in it, not only his phone rang."""

    call: CallSession
    integration_id: int
    zone: str
    is_own: bool

    @property
    def is_open(self) -> bool:
        return self.call.ended_at is None


def find_desks(
    session: Session, integrations: Iterable[Integration], login_id: int, email: str
) -> list[Desk]:
    """Where this login is joined to an employee of CallGear; empty if nowhere."""
    found = []
    for integration in integrations:
        employee_id = find_own_employee_id(integration.id, login_id, email)
        if employee_id is not None:
            found.append(_desk(session, integration, employee_id, login_id))
    return found


def calls_of_today(session: Session, desks: Iterable[Desk], now: datetime) -> list[OwnCall]:
    """The calls of these places since midnight there, and those that still go on; newest first."""
    found: list[OwnCall] = []
    for desk in desks:
        own, rows = _own_calls(session, desk, now)
        found += [OwnCall(row, desk.integration_id, desk.zone, row.id in own) for row in rows]
    return sorted(found, key=lambda each: (each.call.started_at, each.call.id), reverse=True)


def open_cards(connection: Connection, desks: Sequence[Desk]) -> list[dict[str, Any]]:
    """The calls that ring or talk for this person now, as pop-ups show them; never as news."""
    own = {desk.integration_id: desk.employee_id for desk in desks}
    found = []
    for row in card_rows.find_open(connection) if own else []:
        employee_id = own.get(row["integration_id"])
        if employee_id is not None and card_view.open_for(row, employee_id):
            found.append({**card_view.view(row, employee_id), "announce": False})
    return found


def may_speak_of(session: Session, desk: Desk, call_session_id: str) -> bool:
    """Whether this call is his: his phone rang, or he took part."""
    query = select(Card.employees).where(
        Card.integration_id == desk.integration_id, Card.call_session_id == call_session_id
    )
    if desk.employee_id in (session.scalar(query) or {}):
        return True
    mine = select(CallSession.id).where(
        CallSession.integration_id == desk.integration_id,
        CallSession.call_session_id == call_session_id,
        or_(took_part(desk.employee_id), _rang(desk.employee_id)),
    )
    return session.scalar(mine) is not None


def find_call(session: Session, integration_id: int, call_session_id: str) -> CallSession | None:
    query = select(CallSession).where(
        CallSession.integration_id == integration_id,
        CallSession.call_session_id == call_session_id,
    )
    call: CallSession | None = session.scalar(query)
    return call


def _own_calls(
    session: Session, desk: Desk, now: datetime
) -> tuple[set[int], Sequence[CallSession]]:
    midnight = now.astimezone(ZoneInfo(desk.zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    # A call of yesterday that still goes on began some hours ago at most.
    since = min(midnight, now - timedelta(hours=4)).astimezone(UTC)
    recent = (
        select(CallSession)
        .where(
            CallSession.integration_id == desk.integration_id,
            CallSession.started_at >= since,
            or_(CallSession.started_at >= midnight, CallSession.ended_at.is_(None)),
        )
        .order_by(CallSession.started_at.desc(), CallSession.id.desc())
        .limit(LONGEST_DAY)
    )
    part = took_part(desk.employee_id)
    rows = session.scalars(recent.where(or_(part, _rang(desk.employee_id)))).all()
    own = set(session.scalars(recent.where(part).with_only_columns(CallSession.id)))
    return own, rows


def _rang(employee_id: str) -> ColumnElement[bool]:
    """His phone rang: `rung` is a list of ids, as text with or without spaces."""
    rung = CallSession.facts["rung"].as_string()
    found: ColumnElement[bool] = rung.contains(f'"{employee_id}"', autoescape=True)
    return found


def _desk(session: Session, integration: Integration, employee_id: str, login_id: int) -> Desk:
    name = session.scalar(
        select(EmployeeRow.full_name).where(
            EmployeeRow.integration_id == integration.id, EmployeeRow.employee_id == employee_id
        )
    )
    return Desk(
        integration_id=integration.id,
        title=integration.title,
        zone=integration.timezone,
        employee_id=employee_id,
        employee_name=name or employee_id,
        user_id=_user_id(session, integration.id, employee_id, login_id),
        can_dial=bool(integration.access_token_sealed),
        makes_clients=_makes_clients(session, integration),
    )


def _user_id(session: Session, integration_id: int, employee_id: str, login_id: int) -> str | None:
    """The CRM user whom the admin has chosen for the login, else the one of the employee."""
    chosen = session.scalar(
        select(LoginIntegration.crm_user_id).where(
            LoginIntegration.login_id == login_id,
            LoginIntegration.integration_id == integration_id,
        )
    )
    if chosen:
        return str(chosen)
    query = (
        select(CrmUserRow.user_id)
        .join(
            UserMapping,
            (UserMapping.integration_id == CrmUserRow.integration_id)
            & (UserMapping.crm_user_id == CrmUserRow.user_id),
        )
        .where(UserMapping.integration_id == integration_id, UserMapping.employee_id == employee_id)
        .order_by(CrmUserRow.user_id)
    )
    return session.scalars(query).first()


def _makes_clients(session: Session, integration: Integration) -> bool:
    if integration.published_version is None:
        return False
    document = session.scalar(
        select(SettingsVersion.document).where(
            SettingsVersion.integration_id == integration.id,
            SettingsVersion.number == integration.published_version,
        )
    )
    return makes_client_by_rule(read(document or {})[1])
