"""Everything that is held about one number, as a document; or only how much of it there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from models import (
    AddressBookEntry,
    CallSession,
    CrmWrite,
    Decision,
    KnownClient,
    Notification,
    RecordingAccess,
    RecordingCopy,
    TraceEntry,
)
from models.base import Moment, from_ms, now_ms
from services.erase_keyed import Number, settings_with
from services.number_tables import SWEPT, find_mentions

CALLS, COPIES = CallSession.__table__, RecordingCopy.__table__
INDEX, BOOK = KnownClient.__table__, AddressBookEntry.__table__
ACCESSES = RecordingAccess.__table__
# What hangs on a call: how it is called in the document, and its table.
OF_A_CALL: tuple[tuple[str, Table], ...] = (
    ("notifications", Notification.__table__),
    ("decisions", Decision.__table__),
    ("trace", TraceEntry.__table__),
    ("crm_writes", CrmWrite.__table__),
    ("kept_recordings", COPIES),
)
# These grow with every call: a page does not look through them, a command and an erasure do.
LARGE = frozenset({"notification", "call_session", "decision", "trace_entry", "crm_write"})
CALLS_AT_ONCE = 200
NOT_OURS = (
    "What Behomes holds of this person (client, leads, deals, tasks, history of calls) is kept by"
    " Behomes: export and erase it there.",
    "CallGear keeps its own calls, recordings and address book: export and erase them there.",
    "Other numbers of the same person are not looked for: ask for each of them.",
    "Backups of this server hold what they held on their day, until they are deleted.",
)


@dataclass(frozen=True)
class KeptFile:
    """A recording that lies on the disk of this server."""

    copy_id: int
    call_session_id: str
    record: str
    audio_type: str | None
    size: int | None


def collect(connection: Connection, number: Number) -> dict[str, Any]:
    """All of it, with every table looked through. Takes as long as the tables are."""
    calls = list(_calls(connection, number))
    own = {call["id"] for call in calls}
    return {
        "number": number.value,
        "integration_id": number.integration_id,
        "exported_at": _shown_moment(connection.execute(select(now_ms())).scalar_one()),
        "calls": calls,
        "index_of_clients": _rows(connection, INDEX, *_in_index(number)),
        "address_book": _rows(connection, BOOK, *_in_book(number)),
        "other_rows": _mentions(connection, number, own),
        "settings_versions": [
            {"number": row.number, "in_force": bool(row.is_published)}
            for row in settings_with(connection, number)
        ],
        "not_held_here": list(NOT_OURS),
    }


def count(connection: Connection, number: Number) -> dict[str, int]:
    """How many rows of which table an export would show, without looking through the large ones."""
    mine = _mine(number)
    ids = select(CALLS.c.id).where(*mine)
    found = {"calls": _count(connection, CALLS, *mine)}
    for name, table in OF_A_CALL:
        found[name] = _count(connection, table, table.c.session_row_id.in_(ids))
    found["index_of_clients"] = _count(connection, INDEX, *_in_index(number))
    found["address_book"] = _count(connection, BOOK, *_in_book(number))
    for table in SWEPT:
        if table.name not in LARGE:
            found[table.name] = sum(1 for _ in _found(connection, table, number))
    found["settings_version"] = sum(1 for _ in settings_with(connection, number))
    return {name: number_of for name, number_of in found.items() if number_of}


def kept_files(connection: Connection, number: Number) -> Sequence[KeptFile]:
    """The recordings of this number's calls that are on our disk."""
    query = (
        select(COPIES.c.id, CALLS.c.call_session_id, COPIES.c.record)
        .add_columns(COPIES.c.audio_type, COPIES.c.size)
        .join(CALLS, CALLS.c.id == COPIES.c.session_row_id)
        .where(*_mine(number), COPIES.c.state == "kept")
    )
    return [KeptFile(*row) for row in connection.execute(query.order_by(COPIES.c.id))]


def _calls(connection: Connection, number: Number) -> Iterator[dict[str, Any]]:
    rows = connection.execute(select(CALLS).where(*_mine(number)).order_by(CALLS.c.started_at))
    calls = rows.all()
    for start in range(0, len(calls), CALLS_AT_ONCE):
        part = calls[start : start + CALLS_AT_ONCE]
        yield from _with_rows(connection, part)


def _with_rows(connection: Connection, calls: Sequence[Row[Any]]) -> Iterator[dict[str, Any]]:
    ids = [call.id for call in calls]
    hanging: dict[int, dict[str, list[Any]]] = {row_id: {} for row_id in ids}
    for name, table in OF_A_CALL:
        query = select(table).where(table.c.session_row_id.in_(ids)).order_by(table.c.id)
        for row in connection.execute(query):
            hanging[row.session_row_id].setdefault(name, []).append(_shown(table, row))
    for call in calls:
        heard = (
            ACCESSES.c.integration_id == call.integration_id,
            ACCESSES.c.call_session_id == call.call_session_id,
        )
        listened = _rows(connection, ACCESSES, *heard)
        yield {**_shown(CALLS, call), **hanging[call.id], "listened": listened}


def _mentions(
    connection: Connection, number: Number, own: set[int]
) -> dict[str, list[dict[str, Any]]]:
    """Rows that name the number and are not shown with its calls."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in SWEPT:
        for row in _found(connection, table, number):
            call = row.id if table is CALLS else getattr(row, "session_row_id", None)
            if call not in own or call is None:
                found.setdefault(table.name, []).append(_shown(table, row))
    return found


def _found(connection: Connection, table: Table, number: Number) -> Iterator[Any]:
    after: int | None = 0
    while after is not None:
        rows, after = find_mentions(connection, table, number.integration_id, number.traces, after)
        yield from rows


def _mine(number: Number) -> tuple[Any, ...]:
    return CALLS.c.integration_id == number.integration_id, CALLS.c.client_phone == number.value


def _in_index(number: Number) -> tuple[Any, ...]:
    return INDEX.c.crm_account_row_id == number.account_row_id, INDEX.c.phone == number.value


def _in_book(number: Number) -> tuple[Any, ...]:
    return BOOK.c.integration_id == number.integration_id, BOOK.c.phone == number.value


def _count(connection: Connection, table: Table, *conditions: Any) -> int:
    query = select(func.count()).select_from(table).where(*conditions)
    return int(connection.execute(query).scalar_one())


def _rows(connection: Connection, table: Table, *conditions: Any) -> list[dict[str, Any]]:
    return [_shown(table, row) for row in connection.execute(select(table).where(*conditions))]


def _shown(table: Table, row: Any) -> dict[str, Any]:
    """A row as JSON can hold it; what only serves the work on it is left out."""
    return {
        column.name: _shown_moment(value) if isinstance(column.type, Moment) else value
        for column in table.c
        if column.name not in ("lease_token", "leased_until", "token_hash")
        if (value := row._mapping[column.name]) is not None
    }


def _shown_moment(value: datetime | int) -> str:
    moment = from_ms(value) if isinstance(value, int) else value
    return moment.isoformat()
