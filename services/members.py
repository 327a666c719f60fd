"""Who sees an integration: logins, when they were last here, which CRM user each one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from models import CrmUserRow, EmployeeRow, Login, LoginIntegration, LoginSession, UserMapping, db
from models.login import ADMIN
from rules.reach import Reach


class NoSuchLogin(Exception):
    """There is no such login, or it does not see this integration."""


@dataclass(frozen=True)
class CrmPerson:
    """The CRM user that a login is. `is_chosen`: an admin said so, else the e-mail tells it.

    `is_joined`: an employee of CallGear belongs to him, so that the login sees that one's calls.
    """

    user_id: str
    name: str | None
    is_chosen: bool
    is_joined: bool
    employee_name: str | None


@dataclass(frozen=True)
class Member:
    """Somebody who sees the integration."""

    login: Login
    reach: Reach
    seen_at: datetime | None
    crm_person: CrmPerson | None


def reach_of(login: Login) -> Reach:
    ids = frozenset(row.integration_id for row in login.integrations)
    return Reach(login.id, login.is_admin, ids)


def list_members(integration_id: int) -> list[Member]:
    """Everybody who sees the integration, by name; also those who may not log in now."""
    return _members(integration_id, _sees(integration_id))


def find_member(integration_id: int, login_id: int) -> Member:
    """Raises NoSuchLogin."""
    found = _members(integration_id, and_(_sees(integration_id), Login.id == login_id))
    if not found:
        raise NoSuchLogin
    return found[0]


def list_crm_users(integration_id: int) -> list[CrmUserRow]:
    """The users of the CRM that a login may be joined to, by name."""
    query = (
        select(CrmUserRow)
        .where(CrmUserRow.integration_id == integration_id, CrmUserRow.gone.is_(False))
        .order_by(func.lower(CrmUserRow.name), CrmUserRow.user_id)
    )
    return list(db.session.scalars(query))


def _sees(integration_id: int) -> ColumnElement[bool]:
    mine = select(LoginIntegration.login_id).where(
        LoginIntegration.integration_id == integration_id
    )
    limited = select(LoginIntegration.login_id)
    return or_(Login.id.in_(mine), and_(Login.role == ADMIN, Login.id.not_in(limited)))


def _members(integration_id: int, condition: ColumnElement[bool]) -> list[Member]:
    name = func.lower(func.coalesce(Login.name, Login.email))
    logins = db.session.scalars(select(Login).where(condition).order_by(name, Login.id)).all()
    last_seen = (
        select(LoginSession.login_id, func.max(LoginSession.seen_at))
        .where(LoginSession.login_id.in_([login.id for login in logins]))
        .group_by(LoginSession.login_id)
    )
    seen_at = {login_id: at for login_id, at in db.session.execute(last_seen)}
    crm_people = _CrmPeople(integration_id)
    return [
        Member(login, reach_of(login), seen_at.get(login.id), crm_people.find(login))
        for login in logins
    ]


class _CrmPeople:
    """The CRM's users of one integration and who is joined to them, read once."""

    def __init__(self, integration_id: int) -> None:
        self._integration_id = integration_id
        users = db.session.scalars(
            select(CrmUserRow)
            .where(CrmUserRow.integration_id == integration_id)
            .order_by(CrmUserRow.user_id.desc())
        ).all()
        self._by_id = {user.user_id: user for user in users}
        self._by_email = {user.email.lower(): user for user in users if user.email}
        pairs = (
            select(UserMapping.crm_user_id, EmployeeRow.full_name)
            .outerjoin(
                EmployeeRow,
                and_(
                    EmployeeRow.integration_id == UserMapping.integration_id,
                    EmployeeRow.employee_id == UserMapping.employee_id,
                ),
            )
            .where(UserMapping.integration_id == integration_id)
        )
        self._employees = {user_id: name for user_id, name in db.session.execute(pairs)}

    def find(self, login: Login) -> CrmPerson | None:
        rows = (row for row in login.integrations if row.integration_id == self._integration_id)
        chosen = next((row.crm_user_id for row in rows), None)
        user = self._by_id.get(chosen) if chosen else self._by_email.get(login.email)
        if user is None:
            return None
        return CrmPerson(
            user.user_id,
            user.name,
            is_chosen=chosen is not None,
            is_joined=user.user_id in self._employees,
            employee_name=self._employees.get(user.user_id),
        )
