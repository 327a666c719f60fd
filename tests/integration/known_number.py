"""A number that stands everywhere it can stand, and the search for what is left of it."""

from __future__ import annotations

import json
import time

from sqlalchemy import JSON, select
from sqlalchemy.orm import Session

from models import (
    AddressBookEntry,
    CallSession,
    Card,
    ClickCall,
    ConsoleEvent,
    CrmEvent,
    Integration,
    KeptForm,
    KnownClient,
    Login,
    ManagerAnswer,
    Notification,
    RecordingAccess,
    RecordingCopy,
    ReplayRun,
    db,
)
from models.base import from_ms
from services import erasures
from services.recording_copies import copy_path
from tests.notifications import CLIENT

# How people and machines write the number of CLIENT; and somebody else's, which stays.
NUMBER = f"+{CLIENT}"
SPELLINGS = (CLIENT, NUMBER, "+971 50 000 0055", "050 000 0055", "0500000055", "+971-50-000-00-55")
OTHER = "971500000077"
LONG_AGO = from_ms(1_700_000_000_000)


def erase(server, phone=NUMBER, *, seconds=20.0):
    with Session(server.engine) as session:
        number = erasures.read_number(session, server.id, phone, server.ports)
        order = erasures.ask(session, number, server.ports)
    return erasures.run(server.engine, server.ports, order, until=time.monotonic() + seconds)


def texts(engine):
    """Every text in every table, as (table, column, text)."""
    with engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            for row in connection.execute(select(table)).all():
                for column in table.c:
                    value = row._mapping[column.name]
                    is_document = isinstance(column.type, JSON)
                    text = json.dumps(value, ensure_ascii=False) if is_document else str(value)
                    yield table.name, column.name, text


def left(server, *spellings):
    """Where in the database one of these spellings still stands."""
    return sorted(
        {
            (table, column)
            for table, column, text in texts(server.engine)
            for each in spellings or SPELLINGS
            if each.lstrip("+") in text
        }
    )


def work(server, *calls):
    for call in calls:
        server.notify(*call)
    server.settle()
    server.pass_time(300)


def plant(server, call_id):
    """The number everywhere it can stand, in all spellings."""
    place = {"integration_id": server.id}
    with Session(server.engine) as session, session.begin():
        call = session.scalars(select(CallSession).filter_by(call_session_id=call_id)).one()
        call.note, call.report = f"rings {SPELLINGS[2]}", {"contact_phone_number": CLIENT}
        login = Login(email="a@example.com", password_hash="x", role="admin", created_at=LONG_AGO)
        session.add(login)
        session.flush()
        account = session.get_one(Integration, server.id).crm_account_row_id
        session.merge(
            KnownClient(
                crm_account_row_id=account,
                phone=f"+{OTHER}",
                client_id="c_9",
                name=f"{NUMBER}",
                open_leads=[],
                open_deals=[],
                read_at=LONG_AGO,
                source="call",
            )
        )
        session.merge(
            KnownClient(
                crm_account_row_id=account,
                phone=NUMBER,
                client_id="c_9",
                open_leads=[],
                open_deals=[],
                read_at=LONG_AGO,
                source="call",
            )
        )
        copy = RecordingCopy(
            **place,
            session_row_id=call.id,
            record="r",
            state="kept",
            file_name="x",
            kept_at=LONG_AGO,
        )
        session.add_all(
            [
                AddressBookEntry(**place, phone=NUMBER, contact_id="1"),
                ManagerAnswer(
                    **place, at=LONG_AGO, phone=NUMBER, phones=[], reason="off", milliseconds=1
                ),
                CrmEvent(
                    **place,
                    event_id="e1",
                    type="user.updated",
                    occurred_at=LONG_AGO,
                    received_at=LONG_AGO,
                    handled_at=LONG_AGO,
                    data={"id": "u_1", "phones": [SPELLINGS[2]]},
                ),
                ClickCall(
                    **place,
                    request_id="q1",
                    origin="api",
                    phone=SPELLINGS[3],
                    links={"client_id": "c_9"},
                    asked_at=LONG_AGO,
                    state="blocked",
                    answer={"body": {"phone": NUMBER}},
                ),
                Card(
                    **place,
                    call_session_id=call_id + "x",
                    state="ended",
                    started_at=LONG_AGO,
                    updated_at=LONG_AGO,
                    client_phone=NUMBER,
                    employees={},
                    source={},
                    told={},
                ),
                ConsoleEvent(**place, kind="card", at=LONG_AGO, data={"phone_shown": SPELLINGS[2]}),
                KeptForm(
                    login_id=login.id,
                    path=f"/integrations/{server.id}/dial",
                    fields=[["phone", SPELLINGS[3]]],
                    kept_at=LONG_AGO,
                ),
                ReplayRun(
                    **place,
                    mode="today",
                    wanted={"text": SPELLINGS[4], "ids": [1]},
                    state="finished",
                    created_at=LONG_AGO,
                ),
                Notification(
                    **place,
                    event_key="bad",
                    kind="",
                    state="rejected",
                    received_at=LONG_AGO,
                    members={},
                    raw=f"contact={SPELLINGS[5]}",
                ),
                RecordingAccess(
                    **place, call_session_id=call_id, record="r", at=LONG_AGO, who="a@example.com"
                ),
                copy,
            ]
        )
        session.flush()
        path = copy_path(server.ports, server.id, copy.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"audio")
    return path
