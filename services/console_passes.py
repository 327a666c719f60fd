"""What lets somebody listen to a stream: the session of a browser, or a token of the embedded
pop-up. Only hashes are seen here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from models import ConsoleToken, Login, LoginIntegration, LoginSession
from models.base import now_ms, reading
from models.login import ADMIN
from services.login import ABSOLUTE, IDLE

SESSION, TOKEN = "session", "token"
MINUTE_MS = 60_000

SESSIONS = LoginSession.__table__


@dataclass(frozen=True)
class Pass:
    kind: str
    token_hash: str


def still_good(engine: Engine, passes: Collection[Pass]) -> set[Pass]:
    """Those that are neither ended, revoked nor run out, of logins that are not switched off."""
    hashes = {kind: [p.token_hash for p in passes if p.kind == kind] for kind in (SESSION, TOKEN)}
    sessions = select(LoginSession.token_hash).where(
        LoginSession.token_hash.in_(hashes[SESSION]),
        LoginSession.ended_at.is_(None),
        LoginSession.seen_at > now_ms() - int(IDLE.total_seconds() * 1000),
        LoginSession.created_at > now_ms() - int(ABSOLUTE.total_seconds() * 1000),
    )
    tokens = select(ConsoleToken.token_hash).where(
        ConsoleToken.token_hash.in_(hashes[TOKEN]),
        ConsoleToken.revoked_at.is_(None),
        ConsoleToken.expires_at > now_ms(),
    )
    sessions = sessions.join(Login, Login.id == LoginSession.login_id)
    tokens = tokens.join(Login, Login.id == ConsoleToken.login_id)
    with reading(), engine.connect() as connection:
        return {
            Pass(kind, token_hash)
            for kind, query in ((SESSION, sessions), (TOKEN, tokens))
            if hashes[kind]
            for token_hash in connection.scalars(query.where(Login.disabled_at.is_(None)))
        }


def still_visible(engine: Engine, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of these pairs of login and integration that `Login.may_see` would still allow."""
    query = (
        select(Login.id, Login.role, LoginIntegration.integration_id)
        .outerjoin(LoginIntegration, LoginIntegration.login_id == Login.id)
        .where(Login.id.in_({login_id for login_id, _ in pairs}))
    )
    with reading(), engine.connect() as connection:
        rows = connection.execute(query).all()
    named = {(row.id, row.integration_id) for row in rows if row.integration_id is not None}
    see_all = {row.id for row in rows if row.role == ADMIN} - {login_id for login_id, _ in named}
    return {pair for pair in pairs if pair in named or pair[0] in see_all}


def keep_awake(engine: Engine, passes: Collection[Pass]) -> None:
    """An open console is work: its session does not grow idle, it ends after twelve hours."""
    hashes = [each.token_hash for each in passes if each.kind == SESSION]
    stale = SESSIONS.c.seen_at < now_ms() - MINUTE_MS
    if hashes:
        with engine.begin() as connection:
            connection.execute(
                update(SESSIONS)
                .where(SESSIONS.c.token_hash.in_(hashes), SESSIONS.c.ended_at.is_(None), stale)
                .values(seen_at=now_ms())
            )
