"""Give a worked-on call back: where it stands, when it is due, and the lease off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, update

from models import CallSession
from models.base import BigId, Moment, now_ms
from services.call import Call
from services.steps import Rest

SESSIONS = CallSession.__table__

# An event that came while the work went on makes the call due at once, whatever the work found.
RELEASE = (
    update(SESSIONS)
    .where(SESSIONS.c.id == bindparam("b_id"))
    .values(
        lease_token=None,
        leased_until=None,
        suspicion=0,
        crashes=bindparam("b_crashes", type_=BigId),
        folded_version=bindparam("b_version", type_=BigId),
        state=bindparam("b_state"),
        state_reason=bindparam("b_reason"),
        updated_at=bindparam("b_at", type_=Moment),
        next_at=case(
            (SESSIONS.c.events_version > bindparam("b_version", type_=BigId), now_ms()),
            else_=bindparam("b_next", type_=Moment),
        ),
    )
)


def release(connection: Connection, rests: list[tuple[Call, Rest]], at: datetime) -> None:
    """Give calls back, all with one statement."""
    if rests:
        connection.execute(RELEASE, [_row(call, rest, at) for call, rest in rests])


def _row(call: Call, rest: Rest, at: datetime) -> dict[str, Any]:
    is_crash = rest.reason == "crashed"
    return {
        "b_id": call.id,
        "b_crashes": call.row.crashes + 1 if is_crash else 0,
        "b_version": call.row.events_version,
        "b_state": str(rest.state),
        "b_reason": rest.reason,
        "b_at": at,
        "b_next": rest.next_at,
    }
