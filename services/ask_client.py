"""Take a person's wish for a client out of a pop-up; the drain carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from models import CallSession, CrmWrite
from models.base import from_ms, now_ms
from rules.settings import Settings
from rules.vocabulary import Entity, WriteStatus
from services.intake import take_in

SESSIONS = CallSession.__table__
WRITES = CrmWrite.__table__
LATE = frozenset(
    {"paused", "not_published", "retry", "settling", "crm_away", "crm_unknown", "key_refused"}
)


class NoSuchCall(Exception):
    """There is no such call, or it is not known yet."""


@dataclass(frozen=True)
class AskedClient:
    """Where the wish stands: none, asked, made (`client` has his id), refused (by the CRM), late
    (Behomes or a pause holds it up) or hidden (no number)."""

    state: str
    client: dict[str, Any] | None = None


def ask_for_client(
    connection: Connection,
    integration_id: int,
    call_session_id: str,
    *,
    by: str,
    user_id: str | None,
) -> AskedClient:
    """Note the wish and make the call due. Asked twice, it stays one wish."""
    row = _find(connection, integration_id, call_session_id)
    if row is None:
        take_in(connection)  # the phone has rung just now, the drain was not there yet
        row = _find(connection, integration_id, call_session_id)
    if row is None:
        raise NoSuchCall
    now_at = connection.execute(select(now_ms())).scalar_one()
    if not (row.asked or {}).get("client"):
        wish = {"by": by, "at": from_ms(now_at).isoformat(), "responsible_user_id": user_id}
        connection.execute(
            update(SESSIONS)
            .where(SESSIONS.c.id == row.id)
            .values(
                asked={**(row.asked or {}), "client": wish},
                events_version=SESSIONS.c.events_version + 1,
                next_at=now_at,
            )
        )
    return asked_client(connection, integration_id, call_session_id)


def asked_client(connection: Connection, integration_id: int, call_session_id: str) -> AskedClient:
    """Where the wish of this call stands now."""
    row = _find(connection, integration_id, call_session_id)
    if row is None:
        raise NoSuchCall
    client_id = (row.created or {}).get("client_id")
    if client_id:
        return AskedClient("made", {**(row.client or {}), "id": client_id})
    asked = (row.asked or {}).get("client")
    if not asked:
        return AskedClient("none")
    if asked.get("result") == "hidden":
        return AskedClient("hidden")
    if _is_refused(connection, row.id):
        return AskedClient("refused")
    return AskedClient("late" if row.state_reason in LATE else "asked")


def makes_client_by_rule(settings: Settings) -> bool:
    """Whether the rules make the client of an unknown number that calls."""
    return settings.incoming.first.create_client


def _is_refused(connection: Connection, session_row_id: int) -> bool:
    query = select(WRITES.c.id).where(
        WRITES.c.session_row_id == session_row_id,
        WRITES.c.kind == str(Entity.CLIENT),
        WRITES.c.status == str(WriteStatus.DEAD),
    )
    return connection.execute(query.limit(1)).first() is not None


def _find(connection: Connection, integration_id: int, call_session_id: str) -> Any:
    query = select(SESSIONS).where(
        SESSIONS.c.integration_id == integration_id,
        SESSIONS.c.call_session_id == call_session_id,
        SESSIONS.c.erased_at.is_(None),
    )
    return connection.execute(query).first()
