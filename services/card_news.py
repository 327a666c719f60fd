"""What the CRM's own pop-up is told of a call, in the words of docs/behomes.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rules.keys import reference_prefix, session_key
from services.offices import Office
from services.vault import keyed_hash

EXPIRES_AFTER = timedelta(seconds=30)


def news(
    card: Mapping[str, Any], event: str, employees: Sequence[str], office: Office, now: datetime
) -> dict[str, Any]:
    """The body of one event. Its id is the same whoever tells it."""
    key = session_key("call", card["integration_id"], card["call_session_id"])
    reference = keyed_hash(office.reference_key, key)
    users = [office.people.user_by_employee.get(employee) for employee in employees]
    client = card["client"]
    lead = next(iter(client["open_leads"]), None) if client else None
    return {
        "event_id": f"cg-ev-{keyed_hash(office.reference_key, f'{key}|{event}')}",
        "event": event,
        "occurred_at": now.isoformat(),
        "expires_at": (now + EXPIRES_AFTER).isoformat(),
        "call_external_id": reference_prefix("call") + reference,
        "direction": "inbound",
        "client_phone": card["client_phone"],
        "line_number": card["virtual_number"],
        "user_ids": [user for user in users if user],
        "client": {name: client[name] for name in ("id", "name", "url")} if client else None,
        "links": {"lead_id": lead["id"]} if lead else {},
    }
