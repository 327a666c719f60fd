"""Keys of the pop-up that stands in other pages: given after a login, bound to one origin.

Such a key opens the console's addresses of one integration and nothing else. Owns its
transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from models import ConsoleToken, Integration, Login
from models.base import MILLISECOND, now_ms, writing
from models.integration import LIVE
from rules.audit import Change
from rules.origins import is_allowed
from services.audit_log import record
from services.vault import new_token, token_hash

ABSOLUTE = timedelta(days=30)
IDLE = timedelta(days=7)
TOUCH_EVERY = timedelta(minutes=10)
REMEMBERED_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Bearer:
    """Who holds a good key."""

    token_id: int
    token_hash: str
    login_id: int
    email: str
    locale: str | None
    integration_id: int
    origin: str


@dataclass(frozen=True)
class GivenKey:
    """A key as lists show it."""

    id: int
    integration_id: int
    integration_title: str
    login_id: int
    who: str
    origin: str
    agent: str | None
    created_at: datetime
    seen_at: datetime


class OriginNotAllowed(Exception):
    """The admin has not named this origin for the integration."""


def give(
    session: Session, login: Login, integration: Integration, origin: str, agent: str | None
) -> str:
    """A new key for this person, this integration and pages of this origin.

    Raises OriginNotAllowed. Whether the person may see the integration is asked before.
    """
    if not is_allowed(origin, integration.allowed_origins):
        raise OriginNotAllowed
    token = new_token()
    session.execute(
        insert(ConsoleToken).values(
            login_id=login.id,
            integration_id=integration.id,
            token_hash=token_hash(token),
            origin=origin,
            agent=(agent or "")[:200] or None,
            created_at=now_ms(),
            seen_at=now_ms(),
            expires_at=now_ms() + _ms(ABSOLUTE),
        )
    )
    record(session, Change.POPUP_KEY_GIVEN, integration.id, email=login.email, origin=origin)
    session.commit()
    return token


def find_bearer(
    session: Session, token: str, integration_id: int, origin: str | None, *, second_step: str
) -> Bearer | None:
    """Who holds this key, None unless everything still holds: the key, the person's login and
    place in the integration, the second step where the server wants one of these people, and that
    the admin allows the origin that asks."""
    row = session.execute(
        select(ConsoleToken, Login, Integration, _is_stale())
        .join(Login, Login.id == ConsoleToken.login_id)
        .join(Integration, Integration.id == ConsoleToken.integration_id)
        .where(
            ConsoleToken.token_hash == token_hash(token),
            ConsoleToken.integration_id == integration_id,
            Login.disabled_at.is_(None),
            LIVE,
            *_is_good(),
        )
    ).first()
    if row is None:
        return None
    key, login, integration, is_stale = row
    if key.origin != origin or not is_allowed(origin, integration.allowed_origins):
        return None
    if not login.may_see(integration_id) or login.lacks_second_step(second_step):
        return None
    bearer = Bearer(
        key.id, key.token_hash, login.id, login.email, login.locale, integration_id, key.origin
    )
    if is_stale:
        _touch(session, key.id)
    return bearer


def keys_of_login(session: Session, login_id: int) -> list[GivenKey]:
    """The keys that a person has given away, the last used first."""
    return _listed(session, ConsoleToken.login_id == login_id)


def keys_of_integration(session: Session, integration_id: int) -> list[GivenKey]:
    """All keys to an integration's console, the last used first."""
    return _listed(session, ConsoleToken.integration_id == integration_id)


def take_back(session: Session, key_id: int, *conditions: ColumnElement[bool]) -> bool:
    """End one key; False if there is no such one under these conditions."""
    ended = session.execute(
        update(ConsoleToken)
        .where(ConsoleToken.id == key_id, *conditions, *_is_good())
        .values(revoked_at=now_ms())
        .returning(ConsoleToken.integration_id, ConsoleToken.origin)
    ).all()
    for row in ended:
        record(session, Change.POPUP_KEY_ENDED, row.integration_id, origin=row.origin)
    session.commit()
    return bool(ended)


def take_back_all(session: Session, login_id: int) -> None:
    """End all keys of a person: with a changed password, or "sign out everywhere". The caller
    commits."""
    ended = session.execute(
        update(ConsoleToken)
        .where(ConsoleToken.login_id == login_id, ConsoleToken.revoked_at.is_(None))
        .values(revoked_at=now_ms())
        .returning(ConsoleToken.integration_id, ConsoleToken.origin)
    ).all()
    for row in ended:
        record(session, Change.POPUP_KEY_ENDED, row.integration_id, origin=row.origin)


def purge(session: Session) -> None:
    """Take out keys that ended a month ago."""
    ended = ConsoleToken.expires_at < now_ms() - _ms(REMEMBERED_FOR)
    session.execute(delete(ConsoleToken).where(ended))
    session.commit()


def _listed(session: Session, condition: ColumnElement[bool]) -> list[GivenKey]:
    rows = session.execute(
        select(ConsoleToken, Login, Integration.title)
        .join(Login, Login.id == ConsoleToken.login_id)
        .join(Integration, Integration.id == ConsoleToken.integration_id)
        .where(condition, LIVE, *_is_good())
        .order_by(ConsoleToken.seen_at.desc(), ConsoleToken.id.desc())
    ).all()
    return [
        GivenKey(
            id=key.id,
            integration_id=key.integration_id,
            integration_title=title,
            login_id=login.id,
            who=login.name or login.email,
            origin=key.origin,
            agent=key.agent,
            created_at=key.created_at,
            seen_at=key.seen_at,
        )
        for key, login, title in rows
    ]


def _is_good() -> tuple[ColumnElement[bool], ...]:
    return (
        ConsoleToken.revoked_at.is_(None),
        ConsoleToken.expires_at > now_ms(),
        ConsoleToken.seen_at > now_ms() - _ms(IDLE),
    )


def _is_stale() -> ColumnElement[bool]:
    return ConsoleToken.seen_at < now_ms() - _ms(TOUCH_EVERY)


def _touch(session: Session, key_id: int) -> None:
    """In a transaction of its own: one that only reads cannot turn into a writing one."""
    session.rollback()
    with writing():
        session.execute(
            update(ConsoleToken).where(ConsoleToken.id == key_id).values(seen_at=now_ms())
        )
        session.commit()


def _ms(span: timedelta) -> int:
    return span // MILLISECOND
