"""Take notifications from the inbox into their call sessions, and make those due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, text

from models import CallSession, Integration, Notification, SettingsVersion
from models.base import now_ms
from models.bulk import any_of, insert_rows, many
from models.notification import PENDING, TAKEN

BATCH = 300
CLOSE_AFTER = timedelta(hours=4)

INBOX = Notification.__table__
SESSIONS = CallSession.__table__
VERSIONS = SettingsVersion.__table__
ALREADY_THERE = (
    "ON CONFLICT (integration_id, call_session_id) DO UPDATE SET "
    "events_version = call_session.events_version + 1, "
    "next_at = CASE WHEN call_session.erased_at IS NULL THEN excluded.next_at END, "
    "from_report = false"
)


def take_in(connection: Connection, *, limit: int = BATCH) -> int:
    """Take up to `limit` notifications; returns how many. Safe to run anywhere, any number of
    times at once: a row is taken by whoever locks it."""
    rows = connection.execute(
        select(INBOX.c.id, INBOX.c.integration_id, INBOX.c.call_session_id, INBOX.c.received_at)
        .where(INBOX.c.state == PENDING)
        .order_by(INBOX.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return 0
    first_seen: dict[tuple[int, str], datetime] = {}
    for row in rows:
        key = (row.integration_id, row.call_session_id)
        first_seen[key] = min(row.received_at, first_seen.get(key, row.received_at))
    _open_sessions(connection, first_seen)
    taken = (
        "UPDATE notification SET state = :taken, session_row_id = (SELECT s.id FROM call_session s "
        "WHERE s.integration_id = notification.integration_id "
        "AND s.call_session_id = notification.call_session_id) "
        f"WHERE {any_of(connection, 'id', 'ids')}"
    )
    ids = many(connection, [row.id for row in rows])
    connection.execute(text(taken), {"taken": TAKEN, "ids": ids})
    connection.execute(text(_emptied(connection)), {"ids": ids})
    return len(rows)


def _emptied(connection: Connection) -> str:
    """What comes late of a call that was erased brings nobody back: its key alone is kept."""
    return (
        "UPDATE notification SET members = '{}', raw = NULL "
        f"WHERE {any_of(connection, 'id', 'ids')} AND EXISTS (SELECT 1 FROM call_session s "
        "WHERE s.id = notification.session_row_id AND s.erased_at IS NOT NULL)"
    )


def _open_sessions(connection: Connection, first_seen: dict[tuple[int, str], datetime]) -> None:
    """Make the sessions of these calls, or make them due. In one order, so that two workers never
    wait for each other."""
    versions = versions_of(connection, {key[0] for key in first_seen}, newest=20)
    now = connection.execute(select(now_ms())).scalar_one()
    rows = [
        new_row(key, first_seen[key], in_force(versions.get(key[0], []), first_seen[key]))
        | {"next_at": now}
        for key in sorted(first_seen)
    ]
    insert_rows(connection, SESSIONS, rows, or_else=ALREADY_THERE)


def in_force(versions: Sequence[tuple[int, datetime]], at: datetime) -> int | None:
    """Which of these settings versions was in force at a moment; None if none was yet."""
    return max((number for number, since in versions if since <= at), default=None)


def new_row(
    key: tuple[int, str], first_seen_at: datetime, settings_version: int | None
) -> dict[str, Any]:
    """A call of which nothing is known yet but when it was heard of first."""
    return {
        "integration_id": key[0],
        "call_session_id": key[1],
        "settings_version": settings_version,
        "decision_number": 1,
        "first_seen_at": first_seen_at,
        "updated_at": first_seen_at,
        "started_at": first_seen_at,
        "facts": {},
        "created": {},
        "asked": {},
        "state": "waiting",
        "close_at": first_seen_at + CLOSE_AFTER,
        "closed": False,
        "events_version": 1,
        "folded_version": 0,
        "lookup_tries": 0,
        "looked_up": 0,
        "report_tries": 0,
        "suspicion": 0,
        "crashes": 0,
    }


def versions_of(
    connection: Connection, integrations: set[int], *, newest: int | None = None
) -> dict[int, list[tuple[int, datetime]]]:
    """The published versions with their time, or only so many of the newest: a notification waits
    in the inbox for less than their age."""
    query = (
        select(VERSIONS.c.integration_id, VERSIONS.c.number, VERSIONS.c.published_at)
        .join(Integration, Integration.id == VERSIONS.c.integration_id)
        .where(VERSIONS.c.integration_id.in_(sorted(integrations)))
    )
    if newest is not None:
        last = func.coalesce(Integration.published_version, 0)
        query = query.where(VERSIONS.c.number > last - newest)
    found: dict[int, list[tuple[int, datetime]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.integration_id, []).append((row.number, row.published_at))
    return found
