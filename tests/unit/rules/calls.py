"""Events and facts for tests: defaults for everything, keyword arguments to differ."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rules.events import Event
from rules.facts import Surroundings, fold
from rules.pbx import CallRow, RowEmployee
from rules.phones import normalise
from rules.settings import load
from rules.vocabulary import Direction

DUBAI = ZoneInfo("Asia/Dubai")
AROUND = Surroundings(zone=DUBAI, country="AE")
NINE = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)  # 13:00 in Dubai
CLIENT_PHONE = "971501234567"
LINE = "97140000001"


def at(seconds):
    """A moment of the call, in seconds from its start."""
    return NINE + timedelta(seconds=seconds)


def told_at(seconds, zone=DUBAI):
    """That moment as the PBX writes it, in the zone of its account."""
    return at(seconds).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def event(kind, seconds=0.0, *, received=None, **members):
    """An event that says when it happened (`seconds=None`: does not) and the members given."""
    said = {"contact_phone_number": CLIENT_PHONE, "virtual_phone_number": LINE}
    if seconds is not None:
        said["notification_time"] = told_at(seconds)
    said |= members
    said = {name: value for name, value in said.items() if value is not None}
    key = hashlib.sha256(json.dumps([kind, said], sort_keys=True).encode()).hexdigest()
    moment = at(received if received is not None else (seconds or 0) + 1)
    return Event(kind, key, "700000101", said, received_at=moment)


def incoming(seconds=0.0, **members):
    return event("incoming_call", seconds, **members)


def outgoing(employee="102", seconds=0.0, **members):
    return event("outgoing_call", seconds, employee_id=employee, **members)


def ringing(employee, seconds, **members):
    return event("waiting_answer", seconds, employee_id=employee, **members)


def talk(employee, seconds, lasts, **members):
    """A talk told from its start to its end."""
    return [
        event("talk_started", seconds, employee_id=employee, **members),
        event(
            "talk_finished",
            seconds + lasts,
            employee_id=employee,
            talk_time_duration=round(lasts),
            **members,
        ),
    ]


def finished(seconds, **members):
    return event("call_finished", seconds, **members)


def lost(seconds, **members):
    return event("lost_call", seconds, **members)


def folded(*events, **around):
    return fold(events, replace(AROUND, **around))


def facts(**members):
    """Facts of an incoming call that rings; keyword arguments replace members."""
    if "phone" in members:
        members["client_phone"] = normalise(members.pop("phone"), country="AE")
    return replace(folded(incoming()), **members)


def settings(**sections):
    """Settings from a document of which only the given sections differ from the defaults."""
    return load({"schema": 1, **sections})


ROW = CallRow(
    "700000101",
    direction=Direction.OUTBOUND,
    started_at=at(0),
    finished_at=at(60),
    is_lost=False,
    finish_reason="operator_disconnects",
    contact_phone_number="971501234567",
    virtual_phone_number="97140000001",
    wait_seconds=10,
    talk_seconds=50,
    total_seconds=60,
    is_transfer=True,
    employees=(RowEmployee("101", "Agent One", True, True), RowEmployee("102", "", True, True)),
    first_talked_employee_id="101",
    last_talked_employee_id="102",
    external_id="req-1",
    tags=("vip",),
    record_links=("https://media.example.com/1",),
    parameters={"utm_source": "google"},
)
