"""Who listened to a recording: written down before the first byte of it is passed on.

A player asks for a recording in many parts; within half an hour that is one listening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from models import RecordingAccess
from models.base import from_ms, now_ms, writing

ACCESSES = RecordingAccess.__table__
ONE_LISTENING = timedelta(minutes=30)
SHOWN = 50


@dataclass(frozen=True)
class Listener:
    """Somebody with a login, or whoever held the link: then `login_id` and `who` are None."""

    login_id: int | None
    who: str | None
    address: str | None


@dataclass(frozen=True)
class Listened:
    integration_id: int
    call_session_id: str
    record: str
    listener: Listener


def note_access(engine: Engine, listened: Listened) -> None:
    """Write it down, once for all parts of one playing."""
    with writing(), engine.begin() as connection:
        now = from_ms(connection.execute(select(now_ms())).scalar_one())
        who = listened.listener
        is_known = exists().where(
            ACCESSES.c.integration_id == listened.integration_id,
            ACCESSES.c.at > now - ONE_LISTENING,
            ACCESSES.c.call_session_id == listened.call_session_id,
            ACCESSES.c.record == listened.record,
            ACCESSES.c.who.is_not_distinct_from(who.who),
            ACCESSES.c.address.is_not_distinct_from(who.address),
        )
        if not connection.execute(select(is_known)).scalar_one():
            _insert(connection, listened, at=now)


def list_accesses(
    session: Session, integration_id: int, call_session_id: str
) -> Sequence[RecordingAccess]:
    """The last listenings of a call, the newest first."""
    query = (
        select(RecordingAccess)
        .where(
            RecordingAccess.integration_id == integration_id,
            RecordingAccess.call_session_id == call_session_id,
        )
        .order_by(RecordingAccess.at.desc())
        .limit(SHOWN)
    )
    return session.scalars(query).all()


@dataclass(frozen=True)
class Accesses:
    """One page of listenings, the newest first; `older` is where the next one begins."""

    rows: Sequence[RecordingAccess]
    older: int | None


def find_accesses(session: Session, integration_id: int, *, before: int | None) -> Accesses:
    """Who listened to recordings of an integration; `before` is the id of a listening."""
    query = select(RecordingAccess).where(RecordingAccess.integration_id == integration_id)
    if before is not None:
        query = query.where(RecordingAccess.id < before)
    order = RecordingAccess.at.desc(), RecordingAccess.id.desc()
    rows = session.scalars(query.order_by(*order).limit(SHOWN + 1)).all()
    has_more = len(rows) > SHOWN
    return Accesses(rows[:SHOWN], rows[SHOWN - 1].id if has_more else None)


class NotedBody:
    """The bytes of an answer; `note` is called before the first, `close` after the last."""

    def __init__(
        self, chunks: Iterator[bytes], note: Callable[[], None], close: Callable[[], None]
    ) -> None:
        self._chunks, self._note, self.close = chunks, note, close
        self._is_noted = False

    def __iter__(self) -> NotedBody:
        return self

    def __next__(self) -> bytes:
        if not self._is_noted:
            self._is_noted = True
            self._note()
        return next(self._chunks)


def _insert(connection: Connection, listened: Listened, *, at: datetime) -> None:
    who = listened.listener
    values = {
        "integration_id": listened.integration_id,
        "call_session_id": listened.call_session_id,
        "record": listened.record,
        "at": at,
        "login_id": who.login_id,
        "who": who.who,
        "address": who.address,
    }
    connection.execute(ACCESSES.insert().values(values))
