"""What consoles are told of a call by a click."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from models import ClickCall
from models.base import to_ms
from services import console_events


def as_event(row: Any) -> dict[str, Any]:
    """How a click stands: all that a page needs. `state` and `progress` as in the model, `error`
    the code of what went wrong."""
    return {
        "id": row.id,
        "request_id": row.request_id,
        "origin": row.origin,
        "phone": row.phone,
        "state": row.state,
        "progress": row.progress,
        "error": row.error,
        "call_session_id": row.call_session_id,
        "asked_at": to_ms(row.asked_at),
    }


def tell(session: Session, row: ClickCall) -> None:
    """Store an event for the caller's consoles; the caller of this commits and wakes them."""
    if row.employee_id:
        console_events.publish(
            session.connection(),
            row.integration_id,
            row.employee_id,
            console_events.DIAL,
            as_event(row),
        )
