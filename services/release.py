"""Give a worked-on call back: where it stands, when it is due, and the lease off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models import CallSession
from models.bulk import update_rows
from rules.vocabulary import MADE, CallState, WriteStatus
from services.call import Call
from services.steps import Rest

SESSIONS = CallSession.__table__

# An event that came while the work went on makes the call due at once, whatever the work found.
NEXT_AT = (
    "next_at = CASE WHEN call_session.events_version > r.folded_version THEN r.now_at "
    "ELSE r.rest_until END"
)


def release(connection: Connection, rests: list[tuple[Call, Rest]], at: datetime) -> None:
    """Give calls back, all with one statement."""
    rows = [call.session_changes | _row(call, rest, at) for call, rest in rests]
    update_rows(connection, SESSIONS, rows, key="id", also=NEXT_AT)


def keep(connection: Connection, calls: list[Call]) -> None:
    """Store what is known of calls that are still being worked on."""
    rows = [{"id": call.id} | call.session_changes for call in calls if call.session_changes]
    update_rows(connection, SESSIONS, rows, key="id")


def _row(call: Call, rest: Rest, at: datetime) -> dict[str, Any]:
    is_crash = rest.reason == "crashed"
    return {
        "id": call.id,
        "lease_token": None,
        "leased_until": None,
        "suspicion": 0,
        "crashes": call.row.crashes + 1 if is_crash else 0,
        "folded_version": call.row.events_version,
        "state": str(rest.state),
        "state_reason": rest.reason,
        "updated_at": at,
        "written_at": call.row.written_at or (at if rest.state is CallState.WRITTEN else None),
        "made": _made(call),
        "now_at": at,
        "rest_until": rest.next_at,
    }


def _made(call: Call) -> int:
    """What stands in the CRM because of this call, as bits."""
    own = (write for write in call.writes.values() if write.session_row_id == call.id)
    done = {write.kind for write in own if write.status == WriteStatus.DONE and write.crm_id}
    return sum(bit for kind, bit in MADE.items() if kind in done)
