"""Make a login: who it is, what it may see."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Login, LoginIntegration
from models.base import from_ms, now_ms
from models.login import ADMIN, EMPLOYEE
from services.login import hash_password

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.?[^@\s]*")


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
    if not EMAIL.fullmatch(known) or len(known) > 200:
        raise LoginRefused(f"{email!r} is not an e-mail address")
    if role not in (ADMIN, EMPLOYEE):
        raise LoginRefused(f"there is no role {role!r}")
    if not is_demo:
        _check_password(password, known)
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
    session.commit()
    return login


def _check_password(password: str, email: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise LoginRefused(f"the password needs at least {SHORTEST_PASSWORD} characters")
    if len(set(password)) < 4 or password.lower() in (email, email.split("@")[0]):
        raise LoginRefused("the password can be guessed")
