"""Call-backs for tests, without the calls that would have made them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from models import Callback, CallSession, db

PHONE = "+971501234591"


def plant(office_id, number=1, *, minutes=60, due=15, **more):
    """A call-back and its lost call; closed by a talk where `closed_how` says so."""
    opened = datetime.now(UTC) - timedelta(minutes=minutes)
    name = f"9{number:03}"
    call = CallSession(
        integration_id=office_id,
        call_session_id=name,
        first_seen_at=opened,
        updated_at=opened,
        started_at=opened,
        ended_at=opened,
        direction="inbound",
        outcome="lost",
        client_phone=more.get("contact", PHONE),
        facts={"rung": ["101", "102"]},
        state="written",
    )
    row = Callback(
        **{
            "integration_id": office_id,
            "contact": PHONE,
            "client_name": "Client Sample",
            "opened_at": opened,
            "last_missed_at": opened,
            "misses": 1,
            "calls": [name],
            "rung": ["101", "102"],
            "due_at": opened + timedelta(minutes=due),
            "updated_at": opened,
            **more,
        }
    )
    db.session.add_all([call, row])
    db.session.commit()
    return row.id
