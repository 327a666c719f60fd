"""Filters mean the same on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession, Integration
from services.call_filter import NONE, CallFilter, conditions
from services.recording_settings import find_leaving
from tests.notifications import answered_call, event, lost_call

FINDS = {
    "employee": CallFilter(employee="101"),
    "right": CallFilter(employee_id="101"),
    "whose": CallFilter(whose="101"),
    "made": CallFilter(created="lead", outcome="answered"),
    "digits": CallFilter(text="0000055", outcome="answered"),
    "number": CallFilter(number="+971 50 000 0055", outcome="answered"),
    "line": CallFilter(line="97140000001", outcome="answered"),
    "campaign": CallFilter(campaign=NONE, outcome="answered"),
    "name": CallFilter(text="звонок", outcome="answered"),
    "client": CallFilter(client="?", outcome="answered"),
}
FINDS_NOT = {
    "employee": CallFilter(employee="10"),
    "pattern": CallFilter(employee="1_1"),
    "nobody": CallFilter(employee_id=""),
    "made": CallFilter(created="deal"),
    "name": CallFilter(text="%%%"),
    "client": CallFilter(client="c_0"),
}


def found(server, wanted):
    with Session(server.engine) as session:
        query = select(CallSession.call_session_id).where(*conditions(server.id, wanted))
        return list(session.scalars(query))


def test_filters_on_both_databases(any_server):
    server = any_server
    link = event("record_ready", "1", 120, file_link="https://media.example/1/a")
    server.notify(*answered_call("1"), link, *lost_call("2"))
    server.drain()
    client_id = server.row("1").created["client_id"]
    with Session(server.engine) as session, session.begin():
        row = session.scalars(select(CallSession).filter_by(call_session_id="1")).one()
        row.client = {"id": client_id, "name": "Звонок с сайта"}
    wanted = {**FINDS, "client": CallFilter(client=client_id, outcome="answered")}

    hits = {name: found(server, each) for name, each in wanted.items()}

    assert hits == {name: ["1"] for name in FINDS}
    assert [name for name, each in FINDS_NOT.items() if found(server, each)] == []


def test_recordings_that_leave_are_counted_on_both_databases(any_server):
    server = any_server
    link = event("record_ready", "1", 120, file_link="https://media.example/1/a")
    server.notify(*answered_call("1"), link, *answered_call("2", phone="971500000066"))
    server.drain()
    server.change(pbx_recording_days=30)
    started = server.row("1").started_at

    with Session(server.engine) as session:
        integration = session.get_one(Integration, server.id)
        leaving = find_leaving(session, integration, started + timedelta(days=25))
        later = find_leaving(session, integration, started + timedelta(days=31))

    assert (leaving.count, leaving.first_at) == (1, started + timedelta(days=30))
    assert later is None
