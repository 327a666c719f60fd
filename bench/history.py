"""Long tables beside the calls: rows as their parts leave them when they are done with."""

from __future__ import annotations

from typing import Any

DAY_MS = 86_400_000
SPREAD_DAYS = 170

# Columns and the SQL over `n` and `t` (a moment) that fills them; what is not named is NULL or has
# the database's own default.
TABLES: dict[str, dict[str, str]] = {
    "known_client": {
        "crm_account_row_id": "1",
        "phone": "'+' || CAST(971560000000 + n AS TEXT)",
        "client_id": "'c_' || n",
        "name": "'Client ' || n",
        "responsible_user_id": "'u_19'",
        "open_leads": "JSON[]",
        "open_deals": "JSON[]",
        "created_at": "t",
        "read_at": "t",
        "source": "'list'",
    },
    "manager_answer": {
        "integration_id": "1",
        "at": "t",
        "phone": "'+' || CAST(971560000000 + n AS TEXT)",
        "phones": "JSON[]",
        "reason": "'index'",
        "milliseconds": "3",
    },
    "crm_event": {
        "integration_id": "1",
        "event_id": "'event-' || n",
        "type": "'client.responsible_changed'",
        "occurred_at": "t",
        "received_at": "t",
        "handled_at": "t",
        "tries": "1",
        "data": "JSON{}",
    },
    "click_call": {
        "integration_id": "1",
        "request_id": "'request-' || n",
        "origin": "'console'",
        "employee_id": "CAST(101 + n % 20 AS TEXT)",
        "phone": "'+' || CAST(971560000000 + n AS TEXT)",
        "links": "JSON{}",
        "asked_at": "t",
        "sent_at": "t",
        "state": "'accepted'",
        "call_session_id": "CAST(600000000000 + n AS TEXT)",
    },
    "callback": {
        "integration_id": "1",
        "contact": "'+' || CAST(971560000000 + n AS TEXT)",
        "opened_at": "t",
        "last_missed_at": "t",
        "misses": "1",
        "calls": "JSON[]",
        "rung": "JSON[]",
        "due_at": "t",
        "closed_at": "t + 60000",
        "closed_how": "'outbound'",
        "updated_at": "t",
    },
    "recording_access": {
        "integration_id": "1",
        "call_session_id": "CAST(600000000000 + n AS TEXT)",
        "record": "'record-' || n",
        "at": "t",
    },
    "reconcile_run": {
        "integration_id": "1",
        "kind": "'periodic'",
        "from_at": "t",
        "till_at": "t",
        "started_at": "t",
        "finished_at": "t",
        **dict.fromkeys(("rows", "known", "taken_in", "completed"), "1"),
    },
    "audit_entry": {
        "integration_id": "1",
        "at": "t",
        "origin": "'page'",
        "who": "'admin@example.com'",
        "area": "'settings'",
        "code": "'settings_published'",
        "values": "JSON{}",
    },
}


def fill_rest(opened: Any, database_url: str, *, rows: int) -> None:
    """Store so many rows in each of these tables, spread over the past months."""
    is_sqlite = database_url.startswith("sqlite")
    now = int(opened.execute("SELECT max(published_at) FROM settings_version").fetchone()[0])
    moment = f"({now - SPREAD_DAYS * DAY_MS} + n * {SPREAD_DAYS * DAY_MS // rows})"
    numbers = (
        f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows}) "
        "SELECT n FROM c)"
        if is_sqlite
        else f"generate_series(1::bigint, {rows}) AS numbers(n)"
    )
    for name, columns in TABLES.items():
        values = [_sql(text, moment, is_sqlite=is_sqlite) for text in columns.values()]
        names = ", ".join(f'"{column}"' for column in columns)
        opened.execute(f"INSERT INTO {name} ({names}) SELECT {', '.join(values)} FROM {numbers}")
    opened.execute("ANALYZE")


def _sql(text: str, moment: str, *, is_sqlite: bool) -> str:
    if text.startswith("JSON"):
        literal = f"'{text.removeprefix('JSON')}'"
        return literal if is_sqlite else f"{literal}::json"
    return moment + text[1:] if text.startswith("t + ") or text == "t" else text
