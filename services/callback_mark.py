"""When the end of a call asks for its client's call-backs to be worked out anew."""

from __future__ import annotations

from rules.facts import CallFacts
from services.call import Call


def is_promise_due(call: Call, facts: CallFacts) -> bool:
    """Whether the call has ended, or something has changed since that call-backs depend on."""
    row = call.row
    if row.is_promise_due or not facts.is_ended:
        return bool(row.is_promise_due)
    before = row.direction, row.outcome, row.client_phone, (row.facts or {}).get("answered_by")
    phone = facts.client_phone.value if facts.client_phone else None
    now = facts.direction, facts.outcome, phone, facts.answered_by
    is_moved = facts.ended_at is not None and facts.ended_at != row.ended_at
    return row.settings_version is None or row.ended_at is None or is_moved or before != now
