"""Take notifications from the inbox into their call sessions, and make those due."""

from __future__ import annotations

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
    "events_version = call_session.events_version + 1, next_at = excluded.next_at"
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
    return len(rows)


def _open_sessions(connection: Connection, first_seen: dict[tuple[int, str], datetime]) -> None:
    """Make the sessions of these calls, or make them due. In one order, so that two workers never
    wait for each other."""
    versions = _versions(connection, {key[0] for key in first_seen})
    now = connection.execute(select(now_ms())).scalar_one()
    rows = [
        _new_row(key, first_seen[key], versions.get(key[0], [])) | {"next_at": now}
        for key in sorted(first_seen)
    ]
    insert_rows(connection, SESSIONS, rows, or_else=ALREADY_THERE)


def _new_row(
    key: tuple[int, str], first_seen_at: datetime, versions: list[tuple[int, datetime]]
) -> dict[str, Any]:
    in_force = [number for number, since in versions if since <= first_seen_at]
    return {
        "integration_id": key[0],
        "call_session_id": key[1],
        "settings_version": max(in_force, default=None),
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


def _versions(
    connection: Connection, integrations: set[int]
) -> dict[int, list[tuple[int, datetime]]]:
    """The newest published versions; a notification waits in the inbox for less than their age."""
    query = (
        select(VERSIONS.c.integration_id, VERSIONS.c.number, VERSIONS.c.published_at)
        .join(Integration, Integration.id == VERSIONS.c.integration_id)
        .where(
            VERSIONS.c.integration_id.in_(sorted(integrations)),
            VERSIONS.c.number > func.coalesce(Integration.published_version, 0) - 20,
        )
    )
    found: dict[int, list[tuple[int, datetime]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.integration_id, []).append((row.number, row.published_at))
    return found
