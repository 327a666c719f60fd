"""Take out of calls what tells of a person; what remains is enough to know what comes again.

Remain: the ids of the session and of what it made in the CRM, event keys, ledger keys with their
references (a keyed hash stands there for the number), the numbers that figures are made of, and
which employee it was. Used by erasure and by retention alike. The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from models import (
    AuditFinding,
    CallSession,
    Card,
    ConsoleEvent,
    CrmWrite,
    Decision,
    Notification,
    RecordingCopy,
    TraceEntry,
)
from models.base import now_ms
from rules.reasons import Code

SESSIONS, INBOX = CallSession.__table__, Notification.__table__
WRITES, DECISIONS, TRACE = CrmWrite.__table__, Decision.__table__, TraceEntry.__table__
CARDS, EVENTS, COPIES = Card.__table__, ConsoleEvent.__table__, RecordingCopy.__table__
FINDINGS = AuditFinding.__table__

# Facts of a call that say nothing of who the client is.
KEPT_FACTS = (
    "direction",
    "outcome",
    "answered_by",
    "finished_by",
    "caller",
    "virtual_number",
    "is_ended",
    "is_transfer",
    "rung",
    "talks",
    "answered_at",
    "wait_seconds",
    "talk_seconds",
    "total_seconds",
    "end_reason",
)
EMPTY_BODY: Mapping[str, Any] = {
    "body": {},
    "links": {},
    "late": [],
    "error": None,
    "is_stale": False,
}
EMPTY_EVENT: Mapping[str, Any] = {"members": {}, "raw": None, "error": None}
# Given up for good, so that nothing is sent or replayed; a later call plans a client anew.
GIVEN_UP = {"status": "skipped", "next_at": None}
UNDONE = ("planned", "sent", "dead")


def lock_free(connection: Connection, ids: Collection[int]) -> list[Any]:
    """Of these calls, those that no worker holds and nobody has wiped: held until the commit, so
    that none takes them up meanwhile."""
    is_free = SESSIONS.c.leased_until.is_(None) | (SESSIONS.c.leased_until < now_ms())
    query = (
        select(SESSIONS)
        .where(SESSIONS.c.id.in_(ids), SESSIONS.c.erased_at.is_(None), is_free)
        .order_by(SESSIONS.c.id)
        .with_for_update(skip_locked=True)
    )
    return list(connection.execute(query).all())


def wipe(connection: Connection, calls: Collection[Any], *, why: Code) -> list[tuple[int, int]]:
    """Wipe calls that `lock_free` gave; `why` is ERASED or AGED. Returns the kept recordings
    whose files are to be deleted, as (integration, copy): the caller does it after the commit."""
    ids = [call.id for call in calls]
    if not ids:
        return []
    connection.execute(
        update(INBOX)
        .where(INBOX.c.session_row_id.in_(ids), INBOX.c.state != "pending")
        .values(EMPTY_EVENT)
    )
    for table in (TRACE, FINDINGS):
        connection.execute(delete(table).where(table.c.session_row_id.in_(ids)))
    connection.execute(
        update(DECISIONS)
        .where(DECISIONS.c.session_row_id.in_(ids))
        .values(reasons=[], client_id=None)
    )
    wipe_writes(connection, WRITES.c.session_row_id.in_(ids))
    files = take_out_copies(connection, ids)
    _forget_cards(connection, calls)
    for call in calls:
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == call.id).values(_slim(call)))
    row = {"at": now_ms(), "code": str(why), "values": {}}
    for row_id in ids:
        connection.execute(insert(TRACE).values(row | {"session_row_id": row_id}))
    return files


def wipe_writes(connection: Connection, mine: Any) -> int:
    """Empty ledger rows; those that were not done are given up. Returns how many."""
    undone = WRITES.c.status.in_(UNDONE)
    connection.execute(update(WRITES).where(mine, undone).values(GIVEN_UP))
    return connection.execute(update(WRITES).where(mine).values(EMPTY_BODY)).rowcount


def take_out_copies(connection: Connection, ids: Collection[int]) -> list[tuple[int, int]]:
    """Forget the copies of these calls' recordings; returns whose files are still there."""
    mine = COPIES.c.session_row_id.in_(ids)
    rows = connection.execute(select(COPIES.c.integration_id, COPIES.c.id).where(mine)).all()
    connection.execute(delete(COPIES).where(mine))
    return [(row.integration_id, row.id) for row in rows]


def _forget_cards(connection: Connection, calls: Collection[Any]) -> None:
    by_office: dict[int, list[str]] = {}
    for call in calls:
        by_office.setdefault(call.integration_id, []).append(call.call_session_id)
    for office, names in by_office.items():
        mine = CARDS.c.integration_id == office, CARDS.c.call_session_id.in_(names)
        connection.execute(delete(CARDS).where(*mine))


def _slim(call: Any) -> Mapping[str, Any]:
    """What the row of a wiped call says."""
    facts = {name: value for name, value in (call.facts or {}).items() if name in KEPT_FACTS}
    is_done = call.state == "written"
    return {
        "erased_at": now_ms(),
        "client_phone": None,
        "client": None,
        "facts": facts | {"is_ended": True},
        "note": None,
        "note_by": None,
        "asked": {},
        "report": None,
        "report_at": None,
        "next_at": None,
        "close_at": None,
        "is_promise_due": False,
        "ended_at": call.ended_at or call.started_at,
        "state": call.state if is_done else "skipped",
        "state_reason": call.state_reason if is_done else "erased",
        "lease_token": None,
        "leased_until": None,
    }
