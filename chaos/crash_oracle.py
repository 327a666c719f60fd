"""What must stand at the end: the CRM and the ledger as after a run that nobody disturbed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import text

from tests.factories import Server

ENTITIES = ("clients", "leads", "deals", "tasks", "calls")
# What differs from run to run though all is well: moments, and how often something was sent.
PASSING = ("id", "url", "revision", "due_at", "recordings", "_writes", "_account", "created_at")
PASSING_ENDS = ("_at", "updated_since")
LINKS = ("client_id", "lead_id", "deal_id")
LEDGER = """
SELECT w.ledger_key, w.reference, w.kind, w.status, w.crm_id, w.closed_at, s.call_session_id
FROM crm_write w JOIN call_session s ON s.id = w.session_row_id ORDER BY w.ledger_key
"""
SESSIONS = """
SELECT call_session_id, state, state_reason, lease_token, next_at, created
FROM call_session ORDER BY call_session_id
"""
OF_ENTITY = {"client": "clients", "lead": "leads", "deal": "deals", "task": "tasks"}

Picture = dict[str, Any]


def picture(server: Server) -> Picture:
    """What the CRM, the ledger and the calls show now; comparable between runs."""
    rows = server.crm.control("GET", "/_sim/written")
    names = {row["id"]: row["external_id"] for name in ENTITIES for row in rows[name]}
    with server.engine.connect() as connection:
        ledger = [row._asdict() for row in connection.execute(text(LEDGER))]
        sessions = [row._asdict() for row in connection.execute(text(SESSIONS))]
    return {
        "crm": {name: [_shown(row, names) for row in rows[name]] for name in ENTITIES},
        "ledger": [
            {**row, "crm_id": names.get(row["crm_id"], row["crm_id"]), "closed_at": _is(row)}
            for row in ledger
        ],
        "calls": [(row["call_session_id"], row["state"], row["state_reason"]) for row in sessions],
        "left": server.left(),
        "leases": sum(row["lease_token"] is not None for row in sessions),
    }


def _is(row: dict[str, Any]) -> bool:
    return row["closed_at"] is not None


def _shown(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if not _is_passing(name)}
    for name in LINKS:
        if name in shown:
            shown[name] = names.get(shown[name], shown[name])
    if isinstance(shown.get("links"), dict):
        shown["links"] = {n: names.get(value, value) for n, value in shown["links"].items()}
    if isinstance(shown.get("link"), dict):
        link = shown["link"]
        shown["link"] = {**link, "id": names.get(link["id"], link["id"])}
    shown["custom_fields"] = sorted(row.get("custom_fields") or {})
    shown["recordings"] = len(row.get("recordings") or [])
    return shown


def _is_passing(name: str) -> bool:
    return name in PASSING or name.endswith(PASSING_ENDS)


def lost_and_doubled(found: Picture, wanted: Picture) -> tuple[int, int]:
    """How many entities the CRM lacks and how many it has too often, by our references."""
    lost = doubled = 0
    for name in ENTITIES:
        have = Counter(row["external_id"] for row in found["crm"][name])
        want = Counter(row["external_id"] for row in wanted["crm"][name])
        lost += (want - have).total()
        doubled += (have - want).total()
    return lost, doubled


def differences(found: Picture, wanted: Picture) -> list[str]:
    """In words, what is not as it must be."""
    told = []
    for part, name in [("crm", each) for each in ENTITIES] + [
        (each, "") for each in ("ledger", "calls", "left", "leases")
    ]:
        mine, theirs = (p[part][name] if name else p[part] for p in (found, wanted))
        if mine != theirs:
            told.append(f"{name or part}: {_first_difference(mine, theirs)}")
    return told


def _first_difference(mine: Any, theirs: Any) -> str:
    if not isinstance(mine, list) or len(mine) != len(theirs):
        return f"{mine!r} instead of {theirs!r}"
    pairs = ((a, b) for a, b in zip(mine, theirs, strict=True) if a != b)
    a, b = next(pairs)
    if isinstance(a, dict) and isinstance(b, dict):
        return str({key: (a.get(key), b.get(key)) for key in a | b if a.get(key) != b.get(key)})
    return f"{a!r} instead of {b!r}"


def faults_of(told: Picture) -> list[str]:
    """What is wrong with the end of an undisturbed run, which the others are compared with."""
    wrong = [f"{each} is not written" for each in told["calls"] if each[1] != "written"]
    for row in told["ledger"]:
        is_made = row["kind"] in OF_ENTITY and not row["closed_at"]
        if row["status"] != "done" or (is_made and row["crm_id"] != row["reference"]):
            wrong.append(f"{row['ledger_key']} is {row['status']} with {row['crm_id']}")
    for name in ENTITIES:
        have = Counter(row["external_id"] for row in told["crm"][name])
        wrong += [f"{name}: {each} {n} times" for each, n in have.items() if n > 1]
    phones = Counter(
        phone
        for row in told["crm"]["clients"]
        if not row["_deleted"]
        for phone in row.get("phones", [])
    )
    wrong += [f"{n} clients with one phone" for n in phones.values() if n > 1]
    return wrong + ([f"{told['left']} left"] if told["left"] else [])
