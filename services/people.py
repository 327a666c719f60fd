"""Change who sees an integration and what he is there. Owns its transactions."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select, update

from models import CrmUserRow, Login, LoginIntegration, LoginSession, db
from models.base import now_ms
from models.login import ADMIN, EMPLOYEE
from rules import reach
from rules.audit import Change
from rules.reach import Level, Reach, Refusal
from services.audit_log import record
from services.console_tokens import take_back_all
from services.integrations import database_now
from services.members import NoSuchLogin, reach_of
from services.second_step import turn_off


class NotAllowed(Exception):
    """Nothing was changed; `refusal` says why, None if the acting admin has lost his rights."""

    def __init__(self, refusal: Refusal | None) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class NoSuchUser(Exception):
    """The CRM of this integration has no such user."""


def set_level(actor_id: int, login_id: int, integration_id: int, level: Level) -> None:
    """Make somebody an employee or an admin. Raises NotAllowed, NoSuchLogin."""
    actor, target, login = _both(actor_id, login_id, integration_id)
    _stop_if(reach.why_not_change(actor, target))
    if level not in reach.levels_to_give(actor):
        _stop_if(Refusal.SEES_ALL)
    apply_reach(login, reach.with_level(target, level, integration_id))
    record(
        db.session(),
        Change.LEVEL_CHANGED,
        integration_id,
        email=login.email,
        before=str(target.level),
        after=str(level),
    )
    db.session.commit()


def drop_second_step(actor_id: int, login_id: int, integration_id: int) -> None:
    """The password alone lets somebody in again who has lost phone and spare codes.

    Raises NotAllowed, NoSuchLogin.
    """
    actor, target, _login = _both(actor_id, login_id, integration_id)
    _stop_if(reach.why_not_change(actor, target))
    turn_off(login_id)


def set_enabled(actor_id: int, login_id: int, integration_id: int, *, enabled: bool) -> None:
    """Let somebody log in again, or no more and at once. Raises NotAllowed, NoSuchLogin."""
    actor, target, login = _both(actor_id, login_id, integration_id)
    _stop_if(reach.why_not_change(actor, target))
    if enabled:
        login.disabled_at = None
    else:
        login.disabled_at = login.disabled_at or database_now(db.session())
        db.session.execute(
            update(LoginSession)
            .where(LoginSession.login_id == login_id, LoginSession.ended_at.is_(None))
            .values(ended_at=now_ms())
        )
        take_back_all(db.session(), login_id)
    change = Change.ENABLED if enabled else Change.DISABLED
    record(db.session(), change, integration_id, email=login.email)
    db.session.commit()


def remove(actor_id: int, login_id: int, integration_id: int) -> None:
    """Take somebody out of this integration. Raises NotAllowed, NoSuchLogin."""
    actor, target, login = _both(actor_id, login_id, integration_id)
    _stop_if(reach.why_not_remove(actor, target))
    apply_reach(login, reach.without(target, integration_id))
    record(db.session(), Change.REMOVED, integration_id, email=login.email)
    db.session.commit()


def join_crm_user(actor_id: int, login_id: int, integration_id: int, user_id: str | None) -> None:
    """Say which CRM user a login is; None: the e-mail tells it.

    Raises NotAllowed, NoSuchLogin, NoSuchUser.
    """
    _actor, _target, login = _both(actor_id, login_id, integration_id)
    if user_id is not None and db.session.get(CrmUserRow, (integration_id, user_id)) is None:
        db.session.rollback()
        raise NoSuchUser
    db.session.execute(
        update(LoginIntegration)
        .where(
            LoginIntegration.login_id == login_id,
            LoginIntegration.integration_id == integration_id,
        )
        .values(crm_user_id=user_id)
    )
    change = Change.CRM_USER_CHOSEN
    record(db.session(), change, integration_id, email=login.email, crm_user=user_id)
    db.session.commit()


def lock_login(login_id: int) -> Login | None:
    """The login as it is now, unchanged by others until the commit."""
    return next(iter(_lock([login_id])), None)


def apply_reach(login: Login, wanted: Reach) -> None:
    """Write what a login sees; what stays keeps its CRM user. The caller holds the login."""
    known = {row.integration_id for row in login.integrations}
    login.role = ADMIN if wanted.is_admin else EMPLOYEE
    db.session.execute(
        delete(LoginIntegration).where(
            LoginIntegration.login_id == login.id,
            LoginIntegration.integration_id.not_in(wanted.integration_ids),
        )
    )
    db.session.add_all(
        LoginIntegration(login_id=login.id, integration_id=each)
        for each in sorted(wanted.integration_ids - known)
    )
    db.session.flush()
    db.session.expire(login, ["integrations"])


def _both(actor_id: int, login_id: int, integration_id: int) -> tuple[Reach, Reach, Login]:
    """Who acts and on whom, as they are now, held until the commit. Of two admins who act on each
    other at the same moment the second finds that he is none any more. Raises NotAllowed."""
    found = {login.id: login for login in _lock({actor_id, login_id})}
    actor, target = found.get(actor_id), found.get(login_id)
    is_admin = actor is not None and actor.is_admin and actor.disabled_at is None
    if actor is None or not is_admin or not reach_of(actor).sees(integration_id):
        db.session.rollback()
        raise NotAllowed(None)
    if target is None or not reach_of(target).sees(integration_id):
        db.session.rollback()
        raise NoSuchLogin
    return reach_of(actor), reach_of(target), target


def _lock(login_ids: Collection[int]) -> list[Login]:
    query = select(Login).where(Login.id.in_(list(login_ids))).order_by(Login.id)
    rows = db.session.scalars(
        query.with_for_update().execution_options(populate_existing=True)
    ).all()
    for row in rows:
        db.session.refresh(row, ["integrations"])
    return list(rows)


def _stop_if(refusal: Refusal | None) -> None:
    if refusal is not None:
        db.session.rollback()
        raise NotAllowed(refusal)
