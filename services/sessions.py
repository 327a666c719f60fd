"""A person's own sessions and password. Owns its transactions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from models import Login, LoginFailure, LoginSession, db
from models.base import MILLISECOND, now_ms
from rules.audit import Change
from rules.passwords import Weakness, find_weakness
from services import console_tokens
from services.audit_log import record
from services.console_tokens import take_back_all
from services.login import (
    ABSOLUTE,
    FORGET_FAILURES,
    IDLE,
    Visitor,
    confirm_password,
    hash_password,
)
from services.vault import token_hash

REMEMBERED_FOR = timedelta(days=30)


class WeakPassword(Exception):
    """The new password was not taken over; `weakness` says why."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(weakness)
        self.weakness = weakness


class NoSuchPerson(Exception):
    """There is no login with this e-mail."""


@dataclass(frozen=True)
class OpenSession:
    """One browser that is logged in; `is_this` is the one that asks."""

    id: int
    address: str | None
    agent: str | None
    created_at: datetime
    seen_at: datetime
    is_this: bool


def list_sessions(login_id: int, token: str) -> list[OpenSession]:
    """Where a person is logged in: this session first, then the last used."""
    own = token_hash(token)
    rows = db.session.scalars(
        select(LoginSession)
        .where(LoginSession.login_id == login_id, *_is_open())
        .order_by((LoginSession.token_hash == own).desc(), LoginSession.seen_at.desc())
    )
    return [
        OpenSession(
            row.id, row.address, row.agent, row.created_at, row.seen_at, row.token_hash == own
        )
        for row in rows
    ]


def end_session(login_id: int, session_id: int) -> bool:
    """End one session of this person; False if he has no such one."""
    ended = db.session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.login_id == login_id, *_is_open())
        .values(ended_at=now_ms())
        .returning(LoginSession.id)
    ).all()
    if ended:
        record(db.session(), Change.SESSIONS_ENDED, count=1)
    db.session.commit()
    return bool(ended)


def end_others(login_id: int, token: str) -> int:
    """End all sessions of this person but the one of the token; how many there were."""
    ended = _end_others(login_id, token)
    if ended:
        record(db.session(), Change.SESSIONS_ENDED, count=ended)
    db.session.commit()
    return ended


def change_password(login_id: int, current: str, new: str, *, visitor: Visitor, token: str) -> None:
    """Replace the password and end all other sessions.

    Raises WrongPassword, TooManyTries or WeakPassword; then nothing has changed.
    """
    email = db.session.get_one(Login, login_id).email
    if weakness := find_weakness(new, email):
        raise WeakPassword(weakness)
    confirm_password(login_id, current, visitor)
    hashed = hash_password(new)  # takes long: before the transaction
    db.session.execute(update(Login).where(Login.id == login_id).values(password_hash=hashed))
    _end_others(login_id, token)
    record(db.session(), Change.PASSWORD_CHANGED)
    db.session.commit()


def reset_password(email: str, new: str) -> Login:
    """Replace a forgotten password, at the word of the operator; all sessions end.

    Raises NoSuchPerson or WeakPassword.
    """
    wanted = select(Login).where(Login.email == email.strip().lower())
    login: Login | None = db.session.scalar(wanted)
    if login is None:
        raise NoSuchPerson
    if weakness := find_weakness(new, login.email):
        raise WeakPassword(weakness)
    login.password_hash = hash_password(new)
    _end_others(login.id, token="")
    record(db.session(), Change.PASSWORD_RESET, email=login.email)
    db.session.commit()
    return login


def purge() -> None:
    """Forget sessions and keys of other pages that ended long ago, and wrong passwords that count
    no more."""
    db.session.execute(
        delete(LoginSession).where(
            LoginSession.created_at < now_ms() - (ABSOLUTE + REMEMBERED_FOR) // MILLISECOND
        )
    )
    db.session.execute(
        delete(LoginFailure).where(LoginFailure.last_at < now_ms() - FORGET_FAILURES // MILLISECOND)
    )
    console_tokens.purge(db.session())


def _end_others(login_id: int, token: str) -> int:
    """Sessions, and the keys that pop-ups inside other pages hold."""
    take_back_all(db.session(), login_id)
    ended = db.session.execute(
        update(LoginSession)
        .where(
            LoginSession.login_id == login_id,
            LoginSession.token_hash != token_hash(token),
            *_is_open(),
        )
        .values(ended_at=now_ms())
        .returning(LoginSession.id)
    )
    return len(ended.all())


def _is_open() -> tuple[ColumnElement[bool], ...]:
    return (
        LoginSession.ended_at.is_(None),
        LoginSession.seen_at > now_ms() - IDLE // MILLISECOND,
        LoginSession.created_at > now_ms() - ABSOLUTE // MILLISECOND,
    )
