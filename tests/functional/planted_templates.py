"""Templates of an office, and calls to try them on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from models import CallSession, Integration, Notification, db
from tests.pages import NOON

ENTITIES = ("client", "lead", "deal", "task")
OWN = {
    "kind": "own",
    "title": "Lead {{contact_phone_number|phone}}",
    "comment": "",
    "sample": "new",
}


@pytest.fixture
def templates(office) -> str:
    return f"/integrations/{office.id}/setup/templates"


def draft(app, office) -> dict | None:
    with app.app_context():
        stored = db.session.get_one(Integration, office.id).draft
    return stored and stored["templates"]


def texts(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def plant_call(app, office, *, name="Client <i>Real</i>", call_id="800000001", **more) -> str:
    """A real call with its notification, as the inbox stores it."""
    with app.app_context():
        call = CallSession(
            integration_id=more.pop("integration_id", office.id),
            call_session_id=call_id,
            first_seen_at=NOON + timedelta(days=1),
            updated_at=NOON,
            started_at=NOON + timedelta(days=1),
            direction=more.pop("direction", "inbound"),
            outcome="answered",
            client_phone="+971501230000",
            state="written",
            facts={},
            created={},
        )
        db.session.add(call)
        db.session.flush()
        members = {
            "call_session_id": call_id,
            "contact_phone_number": "971501230000",
            "contact_full_name": name,
            "notification_time": "2026-03-06 12:00:00.000",
        }
        db.session.add(
            Notification(
                integration_id=call.integration_id,
                event_key=f"real-{call_id}",
                kind="incoming_call",
                call_session_id=call_id,
                session_row_id=call.id,
                state="taken",
                received_at=NOON,
                members=members,
            )
        )
        db.session.commit()
    return call_id
