"""The second step of the login: turned on and off by its person, asked for after the password.

A code of the app works once; so does each of the ten codes for its loss. Owns its transactions.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import pyotp
from sqlalchemy import func, or_, select, update

from models import Login, LoginSession, db
from models.base import from_ms, now_ms
from rules.audit import Change
from rules.one_time_codes import (
    GROUP_SIGNS,
    RECOVERY_CODES,
    RECOVERY_GROUPS,
    is_of_app,
    matching_step,
    read_recovery_code,
    shown_recovery_code,
)
from services.audit_log import record
from services.vault import SealError, Vault, token_hash

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class WrongCode(Exception):
    """The code is not right, was used already, or its time is over."""


def new_secret() -> str:
    """160 random bits for an app, as it reads them."""
    return pyotp.random_base32()


def turn_on(login_id: int, secret: str, code: str, vault: Vault) -> list[str]:
    """Ask for a code from now on; answers the codes for the loss of the app, shown this once.

    `code` proves that the app has the secret. Raises WrongCode; then nothing has changed.
    """
    step = matching_step(secret, code, at=_now(), used=None)
    if step is None:
        raise WrongCode
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    _change(
        login_id,
        second_step_sealed=vault.seal(secret),
        second_step_at=now_ms(),
        second_step_used=step,
        recovery_hashes=[token_hash(each) for each in codes],
    )
    record(db.session(), Change.SECOND_STEP_ON)
    db.session.commit()
    return [shown_recovery_code(each) for each in codes]


def turn_off(login_id: int) -> None:
    """The password alone is enough again. Whoever asks has confirmed it, or is the operator."""
    login = db.session.get_one(Login, login_id)
    if login.has_second_step:
        _change(login_id, **_nothing())
        record(db.session(), Change.SECOND_STEP_OFF, email=login.email)
    db.session.commit()


def half_login_stamp(login_id: int) -> str | None:
    """The stamp that a half login of this person must carry; None where no code is asked for."""
    login = db.session.get(Login, login_id)
    if login is None or login.disabled_at is not None or not login.has_second_step:
        return None
    return stamp_of(login)


def stamp_of(login: Login) -> str:
    """Changes with the password, with each code that is used, and with each session that ends: a
    half login from before is worth nothing then."""
    last_end = select(func.max(LoginSession.ended_at)).where(LoginSession.login_id == login.id)
    parts = (
        login.password_hash,
        login.second_step_at,
        login.second_step_used,
        *(login.recovery_hashes or ()),
        db.session.scalar(last_end),
    )
    return token_hash("|".join(map(str, parts)))


def use_code(login_id: int, typed: str, vault: Vault) -> None:
    """Take a code of the app, or one for its loss, as used; the caller commits.

    Raises WrongCode, also where somebody else was quicker with the same code.
    """
    login = db.session.get_one(Login, login_id)
    if is_of_app(typed):
        _use_step(login, typed, vault)
    else:
        _use_recovery_code(login, read_recovery_code(typed))


def _use_step(login: Login, typed: str, vault: Vault) -> None:
    step = matching_step(_secret(login, vault), typed, at=_now(), used=login.second_step_used)
    if step is None:
        raise WrongCode
    is_later = or_(Login.second_step_used.is_(None), Login.second_step_used < step)
    taken = db.session.execute(
        update(Login)
        .where(Login.id == login.id, is_later)
        .values(second_step_used=step)
        .returning(Login.id)
    )
    if not taken.all():
        raise WrongCode


def _use_recovery_code(login: Login, signs: str) -> None:
    wanted = token_hash(signs)
    locked = select(Login).where(Login.id == login.id).with_for_update()
    row = db.session.scalars(locked, execution_options={"populate_existing": True}).one()
    left = [each for each in row.recovery_hashes or [] if each != wanted]
    if len(left) == len(row.recovery_hashes or []):
        raise WrongCode
    _change(login.id, recovery_hashes=left)
    record(db.session(), Change.RECOVERY_CODE_USED, email=row.email, left=len(left))


def _secret(login: Login, vault: Vault) -> str:
    """The app's secret. One that can no longer be opened lets nobody in by the app."""
    try:
        return vault.open(login.second_step_sealed or "")
    except SealError as error:
        raise WrongCode from error


def _change(login_id: int, **values: object) -> None:
    db.session.execute(update(Login).where(Login.id == login_id).values(**values))


def _nothing() -> dict[str, object]:
    names = ("second_step_sealed", "second_step_at", "second_step_used", "recovery_hashes")
    return dict.fromkeys(names)


def _new_recovery_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_GROUPS * GROUP_SIGNS))


def _now() -> datetime:
    return from_ms(db.session.execute(select(now_ms())).scalar_one())
