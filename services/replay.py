"""Carry calls out again: what was set aside as it was decided, or all by today's settings.

Nothing is sent here: rows are planned anew and the call is made due, the drain does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from models import CallSession, CrmWrite, Decision, Integration, TraceEntry
from models.base import now_ms
from rules.audit import Change
from rules.reasons import Code
from rules.vocabulary import Entity
from services.audit_log import record

SESSIONS = CallSession.__table__
WRITES = CrmWrite.__table__
DECISIONS = Decision.__table__
TRACE = TraceEntry.__table__
# Decided for; everything else of the ledger follows from what a call has made.
DECIDED_KINDS = (*(str(entity) for entity in Entity), "taskline")
# A call that is worked on in this moment is due again when that work ends.
DUE = {
    "next_at": now_ms(),
    "events_version": SESSIONS.c.events_version + 1,
    "crashes": 0,
    "suspicion": 0,
    "lookup_tries": 0,
    "state": "waiting",
    "state_reason": "replayed",
}


@dataclass(frozen=True)
class Replayed:
    """So many calls were set aside, and so many writes of theirs: a call that took its workers down
    may have none."""

    calls: int = 0
    writes: int = 0


def replay_writes(
    connection: Connection, integration_id: int, call_session_id: str | None = None
) -> Replayed:
    """Plan dead writes anew, to be rendered from their decision with today's settings, and make
    failed calls due. Safe to call any number of times."""
    failed = select(SESSIONS.c.id).where(
        SESSIONS.c.integration_id == integration_id, SESSIONS.c.state == "failed"
    )
    if call_session_id is not None:
        failed = failed.where(SESSIONS.c.call_session_id == call_session_id)
    ids = list(connection.execute(failed).scalars())
    if not ids:
        return Replayed()
    record(connection, Change.WRITES_REPLAYED, integration_id, calls=len(ids))
    return Replayed(len(ids), replay_as_decided(connection, integration_id, ids))


def replay_as_decided(
    connection: Connection, integration_id: int, session_ids: Sequence[int]
) -> int:
    """Plan the dead writes of these calls anew and make them due; returns how many writes."""
    mine = WRITES.c.session_row_id.in_(session_ids)
    replayed = _plan_anew(connection, mine, is_stale=True)
    # What completes is planned anew from today's rows.
    stale = WRITES.c.kind == "complete", WRITES.c.is_stale, WRITES.c.status == "planned"
    connection.execute(delete(WRITES).where(mine, *stale))
    connection.execute(
        update(SESSIONS)
        .where(SESSIONS.c.id.in_(session_ids), SESSIONS.c.erased_at.is_(None))
        .values(DUE | {"render_version": _published(integration_id)})
    )
    return replayed


def decide_anew(
    connection: Connection, integration_id: int, session_ids: Sequence[int], *, by: str
) -> int:
    """Have ended calls decided once more, by the settings that are published now, under the keys
    that they have. Returns how many calls; without published settings none."""
    is_decided = exists().where(
        DECISIONS.c.session_row_id == SESSIONS.c.id,
        DECISIONS.c.number == SESSIONS.c.decision_number,
    )
    version = connection.execute(select(_published(integration_id))).scalar_one_or_none()
    if version is None:
        return 0
    anew = (
        SESSIONS.c.id.in_(session_ids),
        SESSIONS.c.integration_id == integration_id,
        SESSIONS.c.ended_at.is_not(None),
        SESSIONS.c.erased_at.is_(None),
    )
    found = connection.execute(
        select(SESSIONS.c.id, SESSIONS.c.decision_number, is_decided.label("is_decided"))
        .where(*anew)
        .order_by(SESSIONS.c.id)
        .with_for_update(of=SESSIONS)
    ).all()
    for row in found:
        number = row.decision_number + bool(row.is_decided)
        _ask_anew(connection, row.id, number, version)
        tell(connection, row.id, Code.DECIDED_ANEW, by=by, number=number, version=version)
    return len(found)


def _ask_anew(connection: Connection, row_id: int, number: int, version: int) -> None:
    mine = WRITES.c.session_row_id == row_id
    # Completions carry what rows and templates say, which may be something else today.
    connection.execute(delete(WRITES).where(mine, WRITES.c.kind == "complete"))
    _plan_anew(connection, mine & WRITES.c.kind.not_in(DECIDED_KINDS), is_stale=False)
    connection.execute(
        update(SESSIONS)
        .where(SESSIONS.c.id == row_id)
        .values(
            DUE
            | {
                "decision_number": number,
                "settings_version": version,
                "render_version": None,
                "looked_up": 0,
            }
        )
    )


def skip_write(connection: Connection, integration_id: int, write_id: int, *, by: str) -> bool:
    """Give a dead write up for good, and what cannot be made without it; False if it is not dead
    (any more)."""
    statement = (
        update(WRITES)
        .where(
            WRITES.c.id == write_id,
            WRITES.c.integration_id == integration_id,
            WRITES.c.status == "dead",
        )
        .values(status="skipped", next_at=None)
        .returning(WRITES.c.session_row_id, WRITES.c.kind, WRITES.c.ledger_key)
    )
    skipped = connection.execute(statement).first()
    if skipped is None:
        return False
    tell(connection, skipped.session_row_id, Code.WRITE_SKIPPED, kind=skipped.kind, by=by)
    record(connection, Change.WRITE_SKIPPED, integration_id, kind=skipped.kind)
    if skipped.kind == Entity.CLIENT:
        _skip_dependents(connection, skipped.session_row_id, skipped.ledger_key, by)
    connection.execute(update(SESSIONS).where(SESSIONS.c.id == skipped.session_row_id).values(DUE))
    return True


def _skip_dependents(connection: Connection, row_id: int, client_key: str, by: str) -> None:
    waiting = select(WRITES.c.id, WRITES.c.kind, WRITES.c.links).where(
        WRITES.c.session_row_id == row_id, WRITES.c.status == "planned"
    )
    for row in connection.execute(waiting).all():
        if (row.links.get("client") or {}).get("key") == client_key:
            connection.execute(
                update(WRITES).where(WRITES.c.id == row.id).values(status="skipped", next_at=None)
            )
            tell(connection, row_id, Code.WRITE_SKIPPED, kind=row.kind, by=by)


def tell(connection: Connection, row_id: int, code: Code, **values: Any) -> None:
    """Add a line to the call's trace."""
    connection.execute(
        TRACE.insert().values(session_row_id=row_id, at=now_ms(), code=str(code), values=values)
    )


def _plan_anew(connection: Connection, mine: Any, *, is_stale: bool) -> int:
    dead = connection.execute(
        select(WRITES.c.id, WRITES.c.session_row_id, WRITES.c.kind)
        .where(mine, WRITES.c.status == "dead")
        .order_by(WRITES.c.id)
    ).all()
    fresh = {"refusals": 0, "attempts": 0, "next_at": None, "planned_at": now_ms()}
    connection.execute(
        update(WRITES)
        .where(WRITES.c.id.in_([row.id for row in dead]), WRITES.c.status == "dead")
        .values(status="planned", is_stale=is_stale, **fresh)
    )
    for row in dead:
        tell(connection, row.session_row_id, Code.WRITE_REPLAYED, kind=row.kind)
    return len(dead)


def _published(integration_id: int) -> Any:
    return (
        select(Integration.published_version)
        .where(Integration.id == integration_id)
        .scalar_subquery()
    )
