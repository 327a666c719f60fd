"""What people do with a call-back: take it, give it back, dismiss it, take that back.

Owns its transactions. When the client was reached, and when not, the calls alone tell.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, true, update

from models import Callback, db
from models.base import now_ms
from rules.callbacks import DISMISSED
from services import console_events
from services.callback_desk import open_desk
from services.callbacks import tell_consoles, work_out

CALLBACKS = Callback.__table__
Values = dict[str, Any]


class NoSuchCallback(Exception):
    """This integration has no such call-back (any more)."""


class CallbackClosed(Exception):
    """It is closed already: the client was reached, or nobody needs to call him."""


class TakenByAnother(Exception):
    """Somebody else has it; `name` says who."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def find(integration_id: int, callback_id: int) -> Callback:
    """Raises NoSuchCallback."""
    query = select(Callback).where(
        Callback.id == callback_id, Callback.integration_id == integration_id
    )
    row: Callback | None = db.session.scalar(query)
    if row is None:
        raise NoSuchCallback
    return row


def take(integration_id: int, callback_id: int, login_id: int, name: str) -> None:
    """Say that this person calls back. Of two at once one gets it, the other is told whose it is.
    Raises NoSuchCallback, CallbackClosed, TakenByAnother."""
    free = or_(CALLBACKS.c.taken_by.is_(None), CALLBACKS.c.taken_by == login_id)
    taken = {"taken_by": login_id, "taken_name": name[:200], "taken_at": now_ms()}
    connection = db.session.connection()
    if not _change_open(connection, integration_id, callback_id, taken, free):
        raise TakenByAnother(_read(connection, integration_id, callback_id).taken_name or "")
    db.session.commit()


def give_back(integration_id: int, callback_id: int, login_id: int | None) -> None:
    """Let somebody else call back; only who has taken it may, or (None) an admin.
    Raises NoSuchCallback, CallbackClosed, TakenByAnother."""
    mine: ColumnElement[bool] = true()
    if login_id is not None:
        mine = or_(CALLBACKS.c.taken_by == login_id, CALLBACKS.c.taken_by.is_(None))
    free = {"taken_by": None, "taken_name": None, "taken_at": None}
    connection = db.session.connection()
    if not _change_open(connection, integration_id, callback_id, free, mine):
        raise TakenByAnother(_read(connection, integration_id, callback_id).taken_name or "")
    db.session.commit()


def dismiss(integration_id: int, callback_id: int, by: str, why: str) -> None:
    """Close it without a call. Raises NoSuchCallback, CallbackClosed."""
    connection = db.session.connection()
    desk = open_desk(connection, integration_id)
    row = _read(connection, integration_id, callback_id)
    if desk is None or row.closed_at is not None:
        raise CallbackClosed
    # A miss that the PBX dates into the future is dismissed too.
    at = max(desk.now, row.last_missed_at)
    said = {"dismissed_by": by[:200], "dismissed_why": why[:200], "dismissed_at": at}
    _set(connection, row.id, said)
    work_out(connection, desk, {row.contact})
    tell_consoles(connection, integration_id)
    db.session.commit()
    console_events.wake()


def restore(integration_id: int, callback_id: int) -> None:
    """Take a dismissal back: the calls tell again whether somebody has to call.
    Raises NoSuchCallback, CallbackClosed if it was not dismissed."""
    connection = db.session.connection()
    desk = open_desk(connection, integration_id)
    row = _read(connection, integration_id, callback_id)
    if desk is None or row.closed_how != DISMISSED:
        raise CallbackClosed
    _set(connection, row.id, dict.fromkeys(("dismissed_by", "dismissed_why", "dismissed_at")))
    work_out(connection, desk, {row.contact})
    tell_consoles(connection, integration_id)
    db.session.commit()
    console_events.wake()


def _change_open(
    connection: Connection, integration_id: int, callback_id: int, values: Values, condition: Any
) -> bool:
    """Change an open one if the condition holds; False if it does not."""
    statement = (
        update(CALLBACKS)
        .where(
            CALLBACKS.c.id == callback_id,
            CALLBACKS.c.integration_id == integration_id,
            CALLBACKS.c.closed_at.is_(None),
            condition,
        )
        .values(updated_at=now_ms(), **values)
    )
    if connection.execute(statement).rowcount:
        return True
    if _read(connection, integration_id, callback_id).closed_at is not None:
        raise CallbackClosed
    return False


def _set(connection: Connection, callback_id: int, values: Values) -> None:
    statement = update(CALLBACKS).where(CALLBACKS.c.id == callback_id)
    connection.execute(statement.values(updated_at=now_ms(), **values))


def _read(connection: Connection, integration_id: int, callback_id: int) -> Row[Any]:
    query = select(CALLBACKS).where(
        CALLBACKS.c.id == callback_id, CALLBACKS.c.integration_id == integration_id
    )
    row = connection.execute(query).first()
    if row is None:
        raise NoSuchCallback
    return row
