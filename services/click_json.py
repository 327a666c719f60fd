"""A call by a click of which no notification has come yet, in the shape of every other call."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ClickCall
from rules.vocabulary import CallState, Direction
from services.call_json import CREATED, FACTS


def click_as_call(
    session: Session, integration_id: int, call_session_id: str
) -> dict[str, Any] | None:
    query = select(ClickCall).where(
        ClickCall.integration_id == integration_id,
        ClickCall.call_session_id == call_session_id,
    )
    click = session.scalars(query).first()
    if click is None:
        return None
    known = {
        "direction": str(Direction.OUTBOUND),
        "client_phone": click.phone,
        "caller": click.employee_id,
    }
    return {
        "call_session_id": click.call_session_id,
        "state": str(CallState.WAITING),
        "state_reason": "in_progress",
        "settings_version": None,
        "facts": {name: known.get(name) for name in FACTS},
        "decisions": [],
        "created": dict.fromkeys(CREATED),
    }
