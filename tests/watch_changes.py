"""Sees every transaction of a request that changes settings, keys or people without a line in the
log of changes: the fixture `app` of `tests/pages.py` uses it for every test of a page."""

from __future__ import annotations

import re
from contextlib import contextmanager

from flask import has_request_context, request
from sqlalchemy import event

# Tables, and of `integration` the columns, that nobody changes without being written down.
WATCHED = {
    "settings_version",
    "webhook_token",
    "login",
    "login_integration",
    "invitation",
    "user_mapping",
    "sync_run",
    "replay_run",
    "console_token",
    "erasure",
}
COLUMNS = (
    "draft",
    "paused_at",
    "deleted_at",
    "title",
    "timezone",
    "locale",
    "behomes_key_sealed",
    "access_token_sealed",
    "webhook_secret_sealed",
    "require_secret",
    "sources",
    "allowed_origins",
    "keep_recordings_days",
    "pbx_recording_days",
    "kept_days",
    "api_key_hash",
    "nightly_sync",
)
# A person's own language, theme and name; when a key or an address was last used.
OWN = re.compile(
    r'UPDATE "?(login SET (locale|theme|name|password_hash)\b'
    r"|console_token SET seen_at|webhook_token SET last_used_at)"
)
CHANGING = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)\"?")


def is_watched(statement: str) -> bool:
    found = CHANGING.match(statement)
    if found is None or OWN.match(statement):
        return False
    if found[2] == "integration" and found[1] == "UPDATE":
        changed = statement.split(" WHERE ")[0]
        return any(re.search(rf"\b{name}=", changed) for name in COLUMNS)
    return found[2] in WATCHED


def rows_changed(connection) -> int:
    """How many rows SQLite has changed on this connection so far: one that found none is none."""
    return connection.connection.dbapi_connection.total_changes


@contextmanager
def watching(engine):
    """While this lasts, transactions of requests are looked at; those that fail are yielded."""
    unaudited: list[str] = []

    def statement_seen(connection, cursor, statement, parameters, context, executemany):
        if not has_request_context():
            return
        seen = connection.info.setdefault("changes", {"watched": [], "is_told": False})
        if is_watched(statement):
            seen.setdefault("rows", rows_changed(connection))
            seen["watched"].append(f"{request.method} {request.endpoint}: {statement[:80]}")
        if "INSERT INTO audit_entry" in statement:
            seen["is_told"] = True

    def committed(connection):
        seen = connection.info.pop("changes", None)
        is_changed = seen and seen["watched"] and rows_changed(connection) > seen["rows"]
        if is_changed and not seen["is_told"]:
            unaudited.extend(seen["watched"])

    def rolled_back(connection):
        connection.info.pop("changes", None)

    listeners = (
        ("before_cursor_execute", statement_seen),
        ("commit", committed),
        ("rollback", rolled_back),
    )
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield unaudited
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)
