"""Take rows of the calls report into our calls: unknown ones are made, known ones completed.

A call of the report is worked on like any other: folded, decided once, written under the same
ledger keys. Only cards are not made of it, for they come from the inbox alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text, update
from sqlalchemy.engine import Engine

from models import CallSession, TraceEntry
from models.base import MILLISECOND, from_ms, now_ms
from models.bulk import any_of, insert_returning, many, update_rows
from rules.pbx import CallRow
from rules.phones import normalise
from rules.reasons import Code
from rules.reconcile import Counts, missing_facts
from services.intake import in_force, new_row, take_in, versions_of
from services.reports import as_stored

SESSIONS = CallSession.__table__
# Whoever made the call meanwhile has a notification of it.
MEANWHILE = "ON CONFLICT (integration_id, call_session_id) DO NOTHING"
KNOWN_COLUMNS = ("id", "facts", "report", "events_version", "folded_version")


@dataclass(frozen=True)
class Office:
    """Whose calls they are, and the country of numbers without one."""

    integration_id: int
    country: str


def take_in_rows(engine: Engine, office: Office, rows: Sequence[CallRow]) -> Counts:
    """Compare rows with our calls. Safe to repeat, at any time and by several processes at once: a
    call is made by whoever inserts it first.

    Three short transactions, none of which waits for a call that somebody works on: what is held
    just now is looked at by the next comparison.
    """
    listed = {row.call_session_id: row for row in rows}
    with engine.begin() as connection:
        take_in(connection)  # or a call whose notification came just now would look unknown
    with engine.begin() as connection:
        known = set(connection.execute(_select(connection, office, listed)).scalars())
        new = [row for name, row in listed.items() if name not in known and row.finished_at]
        made = _make(connection, office, new)
    with engine.begin() as connection:
        completed = _complete(connection, office, {name: listed[name] for name in known})
    ours = len(known) + len(new) - made
    return Counts(rows=len(listed), known=ours, taken_in=made, completed=completed)


def _select(connection: Connection, office: Office, names: Collection[str], *more: str) -> Any:
    named = text(any_of(connection, "call_session_id", "names"))
    query = select(SESSIONS.c.call_session_id, *(SESSIONS.c[name] for name in more))
    query = query.where(SESSIONS.c.integration_id == office.integration_id, named)
    return query.params(names=many(connection, names))


def _make(connection: Connection, office: Office, rows: Sequence[CallRow]) -> int:
    """Make the calls that nobody told us of, due in the order of their start; returns how many."""
    if not rows:
        return 0
    now = from_ms(connection.execute(select(now_ms())).scalar_one())
    mine = office.integration_id
    versions = versions_of(connection, {mine}).get(mine, [])
    in_order = sorted(rows, key=lambda row: (row.started_at or now, row.call_session_id))
    values = {
        row.call_session_id: _new(office, row, in_force(versions, row.started_at or now), now)
        | {"next_at": now + place * MILLISECOND}
        for place, row in enumerate(in_order)
    }
    # Inserted in the order of the inbox's own, so that the two never wait for each other.
    ordered = [values[name] for name in sorted(values)]
    made = insert_returning(connection, SESSIONS, ordered, or_else=MEANWHILE, returning="id")
    _trace(connection, [(row.id, Code.FOUND_IN_REPORT, {}) for row in made], now)
    return len(made)


def _new(
    office: Office, row: CallRow, settings_version: int | None, now: datetime
) -> dict[str, Any]:
    phone = normalise(row.contact_phone_number, country=office.country)
    return new_row((office.integration_id, row.call_session_id), now, settings_version) | {
        "started_at": row.started_at or now,
        "client_phone": phone.value if phone else None,
        "close_at": None,
        "report": as_stored(row),
        "in_report": True,
        "from_report": True,
    }


def _complete(connection: Connection, office: Office, rows: Mapping[str, CallRow]) -> int:
    """Note that these calls were seen; those that lack something get their row and are due.
    Returns how many lacked something."""
    query = _select(connection, office, rows, *KNOWN_COLUMNS).order_by(SESSIONS.c.id)
    query = query.where(SESSIONS.c.erased_at.is_(None))  # nobody is brought back
    calls = connection.execute(query.with_for_update(skip_locked=True)).all()
    now = from_ms(connection.execute(select(now_ms())).scalar_one())
    seen = [call.id for call in calls if rows[call.call_session_id].finished_at]
    _mark(connection, seen)
    lacking = [(call, what) for call in calls if (what := _missing(call, rows))]
    changes = [
        {"id": call.id, "report": as_stored(rows[call.call_session_id]), "next_at": now}
        for call, _ in lacking
    ]
    again = "events_version = call_session.events_version + 1"
    update_rows(connection, SESSIONS, changes, key="id", also=again)
    code = Code.COMPLETED_FROM_REPORT
    _trace(connection, [(call.id, code, {"what": list(what)}) for call, what in lacking], now)
    return len(lacking)


def _mark(connection: Connection, ids: Collection[int]) -> None:
    mine = text(any_of(connection, "id", "ids"))
    statement = update(SESSIONS).where(mine, ~SESSIONS.c.in_report).values(in_report=True)
    connection.execute(statement, {"ids": many(connection, ids)})


def _missing(call: Row[Any], rows: Mapping[str, CallRow]) -> tuple[str, ...]:
    """What the row adds to a call. Of one with news that nobody has folded yet it is not known:
    the next comparison looks again. What this very row could not add it never will, and what was
    erased stays so."""
    row = rows[call.call_session_id]
    is_unread = call.events_version > call.folded_version
    if is_unread or _same(call.report, row):
        return ()
    return missing_facts(row, call.facts or {})


def _same(stored: Mapping[str, Any] | None, row: CallRow) -> bool:
    return stored is not None and dict(stored) == json.loads(json.dumps(as_stored(row)))


def _trace(
    connection: Connection, told: Sequence[tuple[int, Code, dict[str, Any]]], now: datetime
) -> None:
    if told:
        rows = [
            {"session_row_id": row_id, "at": now, "code": str(code), "values": values}
            for row_id, code, values in told
        ]
        connection.execute(insert(TraceEntry), rows)
