"""Make a login: who it is, what it may see."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Login, LoginIntegration
from models.base import from_ms, now_ms
from models.login import ADMIN, EMPLOYEE
from rules.audit import Change
from rules.emails import is_email
from rules.passwords import LONGEST, SHORTEST, Weakness, find_weakness
from services.audit_log import record
from services.login import hash_password

TOO_WEAK = {
    Weakness.SHORT: f"the password needs at least {SHORTEST} characters",
    Weakness.LONG: f"the password may have {LONGEST} characters at most",
    Weakness.GUESSABLE: "the password can be guessed",
}


class LoginRefused(ValueError):
    """The login cannot be made; says why."""


def create_login(
    session: Session,
    email: str,
    role: str,
    password: str,
    *,
    integration_ids: Sequence[int] = (),
    is_demo: bool = False,
) -> Login:
    """Make a login. Raises LoginRefused for a weak password or an e-mail that is taken."""
    known = email.strip().lower()
    if not is_email(known):
        raise LoginRefused(f"{email!r} is not an e-mail address")
    if role not in (ADMIN, EMPLOYEE):
        raise LoginRefused(f"there is no role {role!r}")
    if not is_demo and (weakness := find_weakness(password, known)):
        raise LoginRefused(TOO_WEAK[weakness])
    if session.scalar(select(Login).where(Login.email == known)):
        raise LoginRefused(f"there is a login {known} already")
    login = Login(
        email=known,
        role=role,
        password_hash=hash_password(password),
        created_at=from_ms(session.execute(select(now_ms())).scalar_one()),
    )
    session.add(login)
    session.flush()
    session.add_all(
        LoginIntegration(login_id=login.id, integration_id=each)
        for each in dict.fromkeys(integration_ids)
    )
    record(session, Change.LOGIN_MADE, email=known, role=role, integrations=integration_ids)
    session.commit()
    return login
