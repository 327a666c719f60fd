"""Where a client's number can stand in the database: every table is named here, or the build fails.

A table is `SWEPT` when rows of an integration may mention a number anywhere in their texts; what
is `EXEMPT` holds none, and why is said. `tests/unit/test_number_tables.py` knows of no third.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, String, Table, Text, cast, func, or_, select

from models import (
    AuditFinding,
    Callback,
    CallSession,
    Card,
    ClickCall,
    ConsoleEvent,
    CrmEvent,
    CrmWrite,
    Decision,
    KeptForm,
    ManagerAnswer,
    Notification,
    RecordingAccess,
    RecordingCopy,
    ReplayRun,
    TraceEntry,
)
from rules.number_traces import NumberTraces

SESSIONS = CallSession.__table__
# In the order in which they are gone through: calls are found by their notifications, too.
SWEPT: tuple[Table, ...] = tuple(
    model.__table__
    for model in (
        Notification,
        CallSession,
        Decision,
        TraceEntry,
        CrmWrite,
        AuditFinding,
        ManagerAnswer,
        CrmEvent,
        ClickCall,
        Callback,
        Card,
        ConsoleEvent,
        KeptForm,
        ReplayRun,
        RecordingCopy,
        RecordingAccess,
    )
)
# Of these nothing remains when they name the number; of the others the rest of the row stays.
GONE_WITH_IT = frozenset({"manager_answer", "callback", "card", "console_event", "kept_form"})
# Found by the number itself, or one row of the integration: `services/erase_keyed.py`.
KEYED = frozenset(
    {"known_client", "address_book_entry", "settings_version", "integration", "crm_account"}
)
EXEMPT: Mapping[str, str] = {
    "employee": "the PBX's employees: their own numbers, read anew every hour",
    "crm_user": "the CRM's users: their own numbers, read anew every hour",
    "sync_item": "employees and CRM users in a sync",
    "virtual_number": "numbers of the office",
    "user_mapping": "ids",
    "crm_list": "pipelines, fields, statuses",
    "crm_lane": "leases",
    "contact_lock": "a keyed hash, for seconds",
    "webhook_token": "hashes",
    "login": "people with a login",
    "login_integration": "ids",
    "login_session": "people with a login",
    "login_failure": "keyed hashes",
    "invitation": "people with a login",
    "console_token": "hashes",
    "presence": "people with a login",
    "sync_run": "counts of a sync",
    "reconcile_run": "counts",
    "audit_run": "counts",
    "day_account": "counts",
    "day_repair": "counts",
    "audit_entry": "four digits at most (rules/audit.py)",
    "erasure": "a keyed hash; sealed while it runs",
    "task_turn": "leases",
    "heartbeat": "signs of life",
}
CHUNK = 2_000  # ids that are looked through by one query


def scope(table: Table, integration_id: int) -> ColumnElement[bool]:
    """The rows of an integration."""
    if "integration_id" in table.c:
        return table.c.integration_id == integration_id
    if "session_row_id" in table.c:
        mine = select(SESSIONS.c.id).where(
            SESSIONS.c.id == table.c.session_row_id, SESSIONS.c.integration_id == integration_id
        )
        return mine.exists()
    return table.c.path.like(f"/integrations/{integration_id}/%")


def text_columns(table: Table) -> list[Any]:
    """The columns that could hold a number among other text."""
    texts = [column for column in table.c if isinstance(column.type, (String, Text, JSON))]
    return [column for column in texts if not column.name.endswith(("_id", "key"))]


def mentions(table: Table, traces: NumberTraces) -> ColumnElement[bool]:
    """What SQL can tell: no row that names the number is without it, some that do not have it."""
    found: list[ColumnElement[bool]] = [
        cast(column, Text).like(pattern)
        for column in text_columns(table)
        for pattern in traces.like_patterns()
    ]
    return or_(*found)


def find_mentions(
    connection: Connection,
    table: Table,
    integration_id: int,
    traces: NumberTraces,
    after: int,
) -> tuple[Sequence[Any], int | None]:
    """Rows that name the number among the next ids after `after`, and how far that looked; None at
    the end of the table."""
    bounds = select(func.min(table.c.id), func.max(table.c.id)).where(table.c.id > after)
    first, last = connection.execute(bounds).one()
    if first is None:
        return [], None
    till = min(first + CHUNK - 1, last)
    query = select(table).where(
        table.c.id >= first,
        table.c.id <= till,
        scope(table, integration_id),
        mentions(table, traces),
    )
    rows = connection.execute(query.order_by(table.c.id)).all()
    return [row for row in rows if any(changes(table, row, traces))], till


def changes(table: Table, row: Any, traces: NumberTraces) -> Iterable[tuple[str, Any]]:
    """The columns of a row that name the number, with what they say without it."""
    for column in text_columns(table):
        value = row._mapping[column.name]
        rest = traces.without(value, name=column.name)
        if rest != value:
            yield column.name, rest
