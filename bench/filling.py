"""Fill a server's database with finished calls, by set-based SQL: rows as the server leaves them.

Four notifications, one decision, three writes and ten lines of trace for each call, spread over the
past months; ids, phones and keys never meet those of a measurement.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

PER_CALL = 4
CHUNK = 25_000
DAY_MS = 86_400_000
SPREAD_DAYS = 180
KINDS = ("incoming_call", "talk_started", "talk_finished", "call_finished")
WRITES = ("client", "lead", "call")
TRACE_LINES = 10

# SQL over the number `n` of a call.
SESSION = "CAST(600000000000 + n AS TEXT)"
PHONE = "CAST(971560000000 + n AS TEXT)"
MEMBERS = (
    f"""'{{"call_session_id": "' || {SESSION} || '", """
    f""""contact_phone_number": "' || {PHONE} || '", """
    '"virtual_phone_number": "97140000001", "notification_mnemonic": "call_session_finished", '
    '"notification_time": "2026-03-01 14:40:47.234", "scenario_name": "Main line", '
    '"employee_id": "101", "employee_full_name": "Agent One", "direction": "in", '
    """"talk_time_duration": 12, "total_time_duration": 23, "wait_time_duration": 11}'"""
)
FACTS = (
    f"""'{{"direction": "inbound", "outcome": "answered", "client_phone": "+' || {PHONE} || '", """
    '"answered_by": "101", "finished_by": "101", "caller": null, "talk_seconds": 12, '
    """"wait_seconds": 11, "total_seconds": 23, "line_number": "+97140000001"}'"""
)
BODY = (
    f"""'{{"title": "Call +' || {PHONE} || '", "client_id": "c_' || n || '", "comment": null, """
    '"responsible_user_id": "u_19", "custom_fields": {}, "source": {"channel": "phone", '
    """"provider": "callgear", "virtual_number": "+97140000001"}}'"""
)
CREATED = """'{"client_id": "c_' || n || '", "lead_id": "l_' || n || '"}'"""
REQUEST = (
    """'{"operation": "create_lead", "method": "POST", "path": "/v4/crm/leads", "status": 201}'"""
)
ACTIONS = """'["client", "lead"]'"""
REASONS = """'[{"code": "owner_from_settings", "values": {"user_id": "u_19"}}]'"""


def fill(
    opened: Any,
    database_url: str,
    *,
    notifications: int,
    integration_id: int = 1,
    days: int = SPREAD_DAYS,
    only_calls: bool = False,
) -> None:
    """Store so many notifications of the last `days` and what became of them, then let the planner
    look at it; or the rows of their calls alone."""
    is_sqlite = database_url.startswith("sqlite")
    calls = notifications // PER_CALL
    first = _one(opened, "SELECT coalesce(max(id), 0) + 1 FROM call_session")
    since = _one(opened, "SELECT max(published_at) FROM settings_version") - days * DAY_MS
    at = f"({since} + n * {days * DAY_MS // calls})"
    for low in range(0, calls, CHUNK):
        numbers = _numbers(low, min(low + CHUNK, calls) - 1, is_sqlite=is_sqlite)
        opened.execute("BEGIN")
        rows = _rows(f"({first} + n)", at, integration_id, is_sqlite=is_sqlite)
        for into, values in islice(rows, 1) if only_calls else rows:
            opened.execute(f"INSERT INTO {into} SELECT {', '.join(values)} FROM {numbers}")
        opened.execute("COMMIT")
    _tidy(opened, is_sqlite=is_sqlite)


def _numbers(low: int, high: int, *, is_sqlite: bool) -> str:
    if not is_sqlite:
        return f"generate_series({low}::bigint, {high}) AS numbers(n)"
    return (
        f"(WITH RECURSIVE c(n) AS (SELECT {low} UNION ALL SELECT n + 1 FROM c WHERE n < {high}) "
        "SELECT n FROM c)"
    )


def _rows(
    row_id: str, at: str, integration_id: int, *, is_sqlite: bool
) -> Iterator[tuple[str, list[str]]]:
    """Tables with their columns, and what goes into them; sessions before what refers to them."""

    def json(expression: str) -> str:
        return expression if is_sqlite else f"({expression})::json"

    office = str(integration_id)
    yield _session(row_id, at, office, json(FACTS), json(CREATED))
    for kind in KINDS:
        yield _notification(kind, row_id, at, office, json(MEMBERS))
    for kind in WRITES:
        yield _write(kind, row_id, at, office, json(BODY), json("'{}'"), json("'[]'"))
    yield _decision(row_id, at, json(ACTIONS), json(REASONS))
    for number in range(TRACE_LINES):
        columns = 'trace_entry (session_row_id, at, code, "values")'
        yield columns, [row_id, f"{at} + {number}", "'crm_request'", json(REQUEST)]


def _session(row_id: str, at: str, office: str, facts: str, created: str) -> tuple[str, list[str]]:
    columns = (
        "call_session (id, integration_id, call_session_id, settings_version, first_seen_at, "
        "updated_at, started_at, ended_at, direction, outcome, client_phone, facts, created, "
        "state, closed, events_version, folded_version, lookup_tries, looked_up, report_tries, "
        "suspicion, crashes, employee_id, wait_seconds, talk_seconds, virtual_number, campaign, "
        "written_at, made)"
    )
    times = [at, f"{at} + 90000", at, f"{at} + 23000"]
    told = ["'inbound'", "'answered'", f"'+' || {PHONE}", facts, created, "'written'", "false"]
    campaign = "CASE WHEN n % 3 = 0 THEN 'Campaign ' || n % 7 END"
    people = ["CAST(101 + n % 20 AS TEXT)", "n % 40", "12", "'97140000001'", campaign]
    more = [*people, f"{at} + 23000 + n % 5000", "3"]
    return columns, [row_id, office, SESSION, "1", *times, *told, *"4403000", *more]


def _notification(
    kind: str, row_id: str, at: str, office: str, members: str
) -> tuple[str, list[str]]:
    columns = (
        "notification (integration_id, event_key, kind, call_session_id, session_row_id, state, "
        "received_at, members)"
    )
    # As scattered as the hashes that they stand for, so that the index is as deep and as cold.
    key = f"substr(CAST((n * 7919 + 13) % 1000003 AS TEXT) || '-{kind}-' || n || '-bench', 1, 64)"
    return columns, [office, key, f"'{kind}'", SESSION, row_id, "'taken'", at, members]


def _write(
    kind: str, row_id: str, at: str, office: str, body: str, nothing: str, none: str
) -> tuple[str, list[str]]:
    columns = (
        "crm_write (ledger_key, reference, integration_id, session_row_id, kind, contact, status, "
        "body, links, late, is_stale, crm_id, revision, attempts, refusals, planned_at, sent_at, "
        "done_at)"
    )
    contact = "'bench|' || n" if kind == "client" else "NULL"
    keys = [f"'{kind}|bench|' || n", f"'cg-{kind}-' || n", office, row_id, f"'{kind}'", contact]
    state = ["'done'", body, nothing, none, "false", f"'{kind}_' || n", *"010"]
    return columns, [*keys, *state, at, f"{at} + 50", f"{at} + 90"]


def _decision(row_id: str, at: str, actions: str, reasons: str) -> tuple[str, list[str]]:
    columns = (
        'decision (session_row_id, kind, number, decided_at, rule, contact, "create", owner_rule, '
        "owner_user_id, actions, reasons)"
    )
    words = ["'first-lead'", "'first'", "'lead'", "'from_settings'", "'u_19'"]
    return columns, [row_id, "'contact'", "1", at, *words, actions, reasons]


def _tidy(opened: Any, *, is_sqlite: bool) -> None:
    """What PostgreSQL does by itself within minutes; and its counter goes on after our ids."""
    if is_sqlite:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return
    last = "SELECT max(id) FROM call_session"
    opened.execute(f"SELECT setval(pg_get_serial_sequence('call_session', 'id'), ({last}))")
    opened.execute("VACUUM ANALYZE")
    opened.execute("CHECKPOINT")


def _one(opened: Any, query: str) -> int:
    return int(opened.execute(query).fetchone()[0])
