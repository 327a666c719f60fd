"""Who may come in: passwords, growing delays, sessions. Owns its transactions.

A session's token is random and only its hash is stored; it ends after half an hour without
activity, after twelve hours in any case, or when the person signs out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from models import Login, LoginFailure, LoginSession, db
from models.base import from_ms, now_ms, to_ms, writing
from rules.audit import Change
from services.audit_log import Actor, record
from services.second_step import WrongCode, stamp_of, use_code
from services.vault import Vault, keyed_hash, new_token, token_hash

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
FORGET_FAILURES = timedelta(hours=1)

logger = logging.getLogger(__name__)
_hasher = PasswordHasher()
# Verified when the account is unknown, so that the answer takes as long as for a known one.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$RDlQYWVzTUR1bFhyd1JFdg$"
    "3ZDtd5iBQCnVXPRIvIoVXrqLbQ3mIc+dCsYSqfmBTd4"
)


class WrongPassword(Exception):
    """The e-mail or the password is not right; which of the two is not told."""


class CodeWanted(Exception):
    """The password is right; the second step of this login is still to come."""

    def __init__(self, login_id: int, stamp: str) -> None:
        super().__init__("a code is wanted")
        self.login_id = login_id
        self.stamp = stamp


class TooManyTries(Exception):
    """Nothing was checked: the account or the address has to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Delay:
    """How failures of one kind grow into waiting: so many are free, then 1, 2, 4 ... seconds."""

    free: int
    longest: int

    def seconds(self, failures: int) -> int:
        over = failures - self.free
        return 0 if over < 0 else int(min(2**over, self.longest))


# An account's delay stays short: nobody shall be able to lock somebody else out.
ACCOUNT = Delay(free=3, longest=60)
ADDRESS = Delay(free=10, longest=900)


@dataclass(frozen=True)
class Visitor:
    """Where an attempt comes from. `secret` keys the hashes under which failures are counted."""

    address: str
    agent: str
    secret: str


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher.hash(password)


def sign_in(email: str, password: str, visitor: Visitor) -> tuple[Login, str]:
    """Check a password and open a new session; answers the login and the session's token.

    Raises WrongPassword or TooManyTries; each failure makes the next wait longer. Raises CodeWanted
    where a second step follows: the tries are forgiven only after it.
    """
    email = email.strip().lower()
    keys = _count_try(email, visitor)
    login = db.session.scalar(
        select(Login).where(Login.email == email, Login.disabled_at.is_(None))
    )
    stored = login.password_hash if login else _NOBODY
    db.session.rollback()  # checking takes long: no lock is held meanwhile
    if not is_password(stored, password) or login is None:
        _say_refused("password", login, visitor)
        raise WrongPassword
    if _hasher.check_needs_rehash(stored):
        login.password_hash = _hasher.hash(password)
    if login.has_second_step:
        db.session.commit()
        raise CodeWanted(login.id, stamp_of(login))
    return login, _let_in(login, keys, visitor)


def sign_in_with_code(
    login_id: int, code: str, visitor: Visitor, vault: Vault
) -> tuple[Login, str]:
    """The second step, after the password was right; answers as `sign_in`.

    Raises WrongCode or TooManyTries; tries count together with those of the password.
    """
    login = db.session.scalar(
        select(Login).where(Login.id == login_id, Login.disabled_at.is_(None))
    )
    if login is None or not login.has_second_step:
        raise WrongCode
    keys = _count_try(login.email, visitor)
    try:
        use_code(login_id, code, vault)
    except WrongCode:
        db.session.rollback()
        _say_refused("code", login, visitor)
        raise
    return login, _let_in(login, keys, visitor)


def _let_in(login: Login, keys: tuple[str, str], visitor: Visitor) -> str:
    _forgive(*keys)
    token = open_session(login, visitor)
    who = Actor("page", login.email, login.id, visitor.address)
    record(db.session(), Change.LOGGED_IN, actor=who)
    db.session.commit()
    return token


def _say_refused(what: str, login: Login | None, visitor: Visitor) -> None:
    """Never what was typed: people type passwords where their name belongs."""
    known = login.id if login else None
    logger.warning("wrong %s for login %s, from %s", what, known, visitor.address)


def confirm_password(login_id: int, password: str, visitor: Visitor) -> None:
    """Ask somebody who is logged in for the password again; as hard to guess as at the door.

    Raises WrongPassword or TooManyTries.
    """
    login = db.session.get_one(Login, login_id)
    keys, stored = _count_try(login.email, visitor), login.password_hash
    db.session.rollback()
    if not is_password(stored, password):
        _say_refused("password", login, visitor)
        raise WrongPassword
    _forgive(*keys)
    db.session.commit()


def open_session(login: Login, visitor: Visitor) -> str:
    """A new session's token; the caller commits."""
    token, now = new_token(), _now()
    db.session.add(
        LoginSession(
            login_id=login.id,
            token_hash=token_hash(token),
            created_at=now,
            seen_at=now,
            address=visitor.address[:64],
            agent=visitor.agent[:200],
        )
    )
    return token


def find_login(token: str, *, is_activity: bool = True) -> Login | None:
    """The person of a session that is still good. `is_activity` keeps it from growing idle."""
    query = (
        select(Login, LoginSession.id, LoginSession.seen_at < now_ms() - _ms(TOUCH_EVERY))
        .join(LoginSession, LoginSession.login_id == Login.id)
        .where(
            LoginSession.token_hash == token_hash(token),
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at > now_ms() - _ms(IDLE),
            LoginSession.created_at > now_ms() - _ms(ABSOLUTE),
            Login.disabled_at.is_(None),
        )
    )
    row = db.session.execute(query).first()
    if row is None:
        return None
    login, session_id, is_stale = row
    if is_activity and is_stale:
        _touch(session_id)
    return login


def find_former(token: str | None) -> Login | None:
    """Whose session this is or was, if that person may still log in."""
    if not token:
        return None
    return db.session.scalar(
        select(Login)
        .join(LoginSession, LoginSession.login_id == Login.id)
        .where(LoginSession.token_hash == token_hash(token), Login.disabled_at.is_(None))
    )


def sign_out(token: str) -> None:
    """End a session. Safe to call any number of times."""
    ended = db.session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == token_hash(token), LoginSession.ended_at.is_(None))
        .values(ended_at=now_ms())
        .returning(LoginSession.id)
    ).all()
    if ended:
        record(db.session(), Change.LOGGED_OUT)
    db.session.commit()


def keep_preferences(
    login_id: int, *, locale: str | None = None, theme: str | None = None, name: str | None = None
) -> None:
    """Store what a person chose: language, theme ("" means as the system), name ("" means none)."""
    chosen = {"locale": locale, "theme": theme, "name": name}
    given = {key: value for key, value in chosen.items() if value is not None}
    values = {key: value or None if key == "name" else value for key, value in given.items()}
    db.session.execute(update(Login).where(Login.id == login_id).values(values))
    db.session.commit()


def is_password(stored: str, password: str) -> bool:
    """Whether a stored hash is that of the password."""
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _touch(session_id: int) -> None:
    """Write in a transaction of its own: a page's reading one cannot turn into a writing one."""
    db.session.rollback()
    with writing():
        db.session.execute(
            update(LoginSession).where(LoginSession.id == session_id).values(seen_at=now_ms())
        )
        db.session.commit()


def _count_try(email: str, visitor: Visitor) -> tuple[str, str]:
    """Count a try as failed before it is made, so that many at once do not all slip through.

    The keys under which it counts, for `_forgive`. Raises TooManyTries.
    """
    account = _failure_key("account", email, visitor)
    address = _failure_key("address", visitor.address, visitor)
    _raise_if_too_early({account: ACCOUNT, address: ADDRESS})
    _count_failures(account, address)
    _note_slowed(email, account, visitor)
    return account, address


def _failure_key(kind: str, name: str, visitor: Visitor) -> str:
    return keyed_hash(visitor.secret, f"{kind}:{name}")


def _raise_if_too_early(keys: dict[str, Delay]) -> None:
    now = _now()
    rows = db.session.scalars(
        select(LoginFailure).where(
            LoginFailure.key.in_(list(keys)), LoginFailure.last_at > now - FORGET_FAILURES
        )
    )
    ends = [row.last_at + timedelta(seconds=keys[row.key].seconds(row.count)) for row in rows]
    wait = max(((end - now).total_seconds() for end in ends), default=0.0)
    if wait > 0:
        db.session.rollback()
        raise TooManyTries(int(wait) + 1)


def _count_failures(*keys: str) -> None:
    now = _now()
    for key in keys:
        row = db.session.get(LoginFailure, key)
        if row is None:
            db.session.add(LoginFailure(key=key, count=1, last_at=now))
        else:
            row.count = row.count + 1 if row.last_at > now - FORGET_FAILURES else 1
            row.last_at = now
    try:
        db.session.commit()
    except IntegrityError:  # somebody else's first try at the same moment has been counted
        db.session.rollback()


def _note_slowed(email: str, account: str, visitor: Visitor) -> None:
    """The first time an account has to wait is written down. Who has no login is not named: people
    type passwords where their name belongs."""
    row = db.session.get(LoginFailure, account)
    if row is None or row.count != ACCOUNT.free:
        return
    known = db.session.scalar(select(Login.id).where(Login.email == email))
    actor = Actor("page", email if known else None, known, visitor.address)
    record(db.session(), Change.LOGIN_SLOWED, actor=actor, failures=row.count)
    db.session.commit()


def _forgive(account: str, address: str) -> None:
    """The account starts anew; the address keeps what it did to others."""
    db.session.execute(delete(LoginFailure).where(LoginFailure.key == account))
    db.session.execute(
        update(LoginFailure).where(LoginFailure.key == address).values(count=LoginFailure.count - 1)
    )


def _now() -> datetime:
    return from_ms(db.session.execute(select(func.max(now_ms()))).scalar_one())


def _ms(span: timedelta) -> int:
    return to_ms(from_ms(0) + span)
