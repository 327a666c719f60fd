"""The log of changes: who, from where, when, what. Written in the transaction of the change.

Who acts is told once at the edge (a request, a command) by `acting`; services only say what they
change. Rows are added here and taken out by their age (`services/retention.py`), by nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from models import AuditEntry
from models.base import now_ms
from rules.audit import Area, Change, fit_for_log

ENTRIES = AuditEntry.__table__
PAGE_SIZE = 50


@dataclass(frozen=True)
class Actor:
    """`origin`: page, command or system; `who` is an e-mail or a user of the machine."""

    origin: str
    who: str | None = None
    login_id: int | None = None
    address: str | None = None


SYSTEM = Actor("system")
# A function, for who has logged in is only looked up when something is to be written down.
_acting: ContextVar[Callable[[], Actor]] = ContextVar("acting", default=lambda: SYSTEM)


@contextmanager
def acting(who: Callable[[], Actor]) -> Iterator[None]:
    """While this lasts, what is changed is changed by this person."""
    token = begin_acting(who)
    try:
        yield
    finally:
        end_acting(token)


def begin_acting(who: Callable[[], Actor]) -> Any:
    return _acting.set(who)


def end_acting(token: Any) -> None:
    _acting.reset(token)


def record(
    transaction: Session | Connection,
    change: Change,
    integration_id: int | None = None,
    *,
    actor: Actor | None = None,
    **values: Any,
) -> None:
    """Write a change down in the transaction that makes it; the caller commits.

    `actor` is for who cannot be known from the request: somebody who logs in just now.
    """
    who = actor or _acting.get()()
    row = {
        "at": now_ms(),
        "integration_id": integration_id,
        "origin": who.origin,
        "login_id": who.login_id,
        "who": (who.who or "")[:200] or None,
        "address": (who.address or "")[:64] or None,
        "area": str(change.area),
        "code": str(change),
        "values": fit_for_log(values),
    }
    transaction.execute(insert(ENTRIES).values(row))


def current_actor() -> Actor:
    """Who acts now."""
    return _acting.get()()


@dataclass(frozen=True)
class Wanted:
    """What of the log is looked at; `before` is an entry's id. `integration_id` None: the whole
    server, all integrations."""

    integration_id: int | None
    area: str = ""
    who: str = ""
    before: int | None = None


@dataclass(frozen=True)
class Changes:
    """One page of the log, the newest first; `older` is where the next one begins."""

    rows: Sequence[AuditEntry]
    older: int | None


def find_changes(session: Session, wanted: Wanted) -> Changes:
    """A page of entries; never more than that is read, however long the log is."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(PAGE_SIZE + 1)
    if wanted.integration_id is not None:
        query = query.where(AuditEntry.integration_id == wanted.integration_id)
    if wanted.area in set(Area):
        query = query.where(AuditEntry.area == wanted.area)
    if wanted.who:
        query = query.where(AuditEntry.who == wanted.who)
    if wanted.before is not None:
        query = query.where(AuditEntry.id < wanted.before)
    rows = session.scalars(query).all()
    has_more = len(rows) > PAGE_SIZE
    return Changes(rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].id if has_more else None)
