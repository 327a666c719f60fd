"""The facts behind "needs attention", read from both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Callback, CallSession, Integration, Notification, RecordingCopy, WebhookToken
from services.attention import read_facts
from services.integrations import database_now

RECORDED = {"recordings": [{"url": "https://media.example.com/1.mp3", "seconds": 5}]}


def plant(session, integration, now):
    def call(number, days, **more):
        started = now - timedelta(days=days)
        values = {"facts": {}, "state": "written", "virtual_number": "97140000001", **more}
        return CallSession(
            integration_id=integration.id,
            call_session_id=str(number),
            first_seen_at=started,
            updated_at=started,
            started_at=started,
            **values,
        )

    integration.pbx_recording_days = 20
    session.add_all(
        [
            call(1, 1, employee_id="777"),
            call(2, 2, employee_id="777", virtual_number="97140000009"),
            call(3, 3, employee_id="101", state="failed"),
            call(4, 18, facts=RECORDED),
            call(5, 16, facts=RECORDED),
            call(6, 5, facts=RECORDED),
            call(7, 17, facts={"recordings": []}),
            call(8, 40, state="failed"),
            Notification(
                integration_id=integration.id,
                event_key="last",
                kind="call_finished",
                call_session_id="1",
                state="taken",
                received_at=now - timedelta(days=1),
                members={},
            ),
        ]
    )
    for number, (due, closed) in enumerate(((-1, None), (1, None), (-1, -0.5))):
        session.add(
            Callback(
                integration_id=integration.id,
                contact=str(number),
                opened_at=now - timedelta(days=2),
                last_missed_at=now,
                due_at=now + timedelta(days=due),
                closed_at=closed and now + timedelta(days=closed),
                updated_at=now,
            )
        )
    old = session.scalars(
        select(WebhookToken).where(WebhookToken.integration_id == integration.id)
    ).one()
    old.expires_at, old.last_used_at = now + timedelta(hours=5), now
    session.add(
        WebhookToken(
            integration_id=integration.id,
            token_hash="another",
            created_at=now - timedelta(hours=1),
        )
    )


def test_facts_are_those_of_the_office(any_server):
    with Session(any_server.engine) as session, session.begin():
        integration, now = session.scalars(select(Integration)).one(), database_now(session)
        plant(session, integration, now)
    with Session(any_server.engine) as session:
        integration = session.scalars(select(Integration)).one()
        facts = read_facts(session, integration, None)

    traffic = facts.traffic
    assert traffic.unmapped == (("777", 2),)
    assert traffic.new_numbers == (("97140000009", 1),)
    assert (traffic.set_aside, traffic.overdue, traffic.calls_before) == (1, 1, 3)
    assert facts.recordings_going == (2, now + timedelta(days=2))
    assert facts.connections.old_address_ends == now + timedelta(hours=5)
    assert facts.connections.workers == "unknown"


@pytest.mark.parametrize(
    ("state", "going"), [("kept", False), ("wanted", False), ("failed", True), ("expired", True)]
)
def test_recordings_of_which_a_copy_stays_do_not_go(server, state, going):
    with Session(server.engine) as session, session.begin():
        integration, now = session.scalars(select(Integration)).one(), database_now(session)
        plant(session, integration, now)
        integration.keep_recordings_days = 90
        for call in session.scalars(select(CallSession)).all():
            session.add(
                RecordingCopy(
                    integration_id=integration.id,
                    session_row_id=call.id,
                    record="r1",
                    state=state,
                )
            )
    with Session(server.engine) as session:
        integration = session.scalars(select(Integration)).one()
        found = read_facts(session, integration, None).recordings_going
    assert found == ((2, now + timedelta(days=2)) if going else None)
