"""Notifications of calls as the PBX sends them, with a default for everything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

VIRTUAL_NUMBER = "97140000001"
CLIENT = "971500000055"  # nobody's in the CRM's demo seed
KNOWN = "12025550143"  # client c_501, responsible u_17
START = datetime(2026, 3, 1, 14, 40, 24)


def moment(seconds: float = 0) -> str:
    """A time as the PBX writes it, so many seconds after the start of the call."""
    return (START + timedelta(seconds=seconds)).isoformat(" ", "milliseconds")


def event(kind: str, call_id: str, seconds: float = 0, **members: Any) -> dict[str, Any]:
    """The body of one notification."""
    return {
        "event": kind,
        "call_session_id": call_id,
        "notification_time": moment(seconds),
        "virtual_phone_number": VIRTUAL_NUMBER,
        "contact_phone_number": CLIENT,
        **members,
    }


def ringing(call_id: str = "1", **members: Any) -> list[dict[str, Any]]:
    """The begin of an incoming call: nobody has answered yet."""
    return [
        event("incoming_call", call_id, 0, **members),
        event("waiting_answer", call_id, 1, employee_id=101, direction="in", leg_id=1, **members),
    ]


def talking(call_id: str = "1", *, employee: int = 101, **members: Any) -> list[dict[str, Any]]:
    """An incoming call that somebody has answered."""
    about = {"employee_id": employee, "direction": "in", "leg_ids": [0, 1]}
    return [*ringing(call_id, **members), event("talk_started", call_id, 10, **about, **members)]


def hung_up(
    call_id: str = "1", *, employee: int = 101, talk: int = 75, **members: Any
) -> list[dict[str, Any]]:
    """The end of an answered incoming call."""
    about: dict[str, Any] = {"employee_id": employee, "direction": "in", "talk_time_duration": talk}
    return [
        event("talk_finished", call_id, 10 + talk, leg_ids=[0, 1], **{**about, **members}),
        event(
            "call_finished",
            call_id,
            10 + talk,
            **{
                **about,
                "total_time_duration": 10 + talk,
                "wait_time_duration": 10,
                "last_talked_employee_id": employee,
                "is_transfer": False,
                **members,
            },
        ),
    ]


def answered_call(
    call_id: str = "1", *, employee: int = 101, **members: Any
) -> list[dict[str, Any]]:
    """A whole incoming call with a talk of 75 s."""
    return [
        *talking(call_id, employee=employee, **members),
        *hung_up(call_id, employee=employee, **members),
    ]


def lost_call(call_id: str = "1", **members: Any) -> list[dict[str, Any]]:
    """A whole incoming call that nobody answered."""
    ended = {"talk_time_duration": 0, "total_time_duration": 31, "wait_time_duration": 31}
    return [
        *ringing(call_id, **members),
        event("call_finished", call_id, 31, direction="in", is_lost=True, **ended, **members),
        event("lost_call", call_id, 31, employee_ids=[101, 102], **members),
    ]


def dialled_call(call_id: str = "1", *, employee: int = 102, **members: Any) -> list[Any]:
    """A whole outgoing call that the client did not answer."""
    ended = {"talk_time_duration": 0, "total_time_duration": 20, "wait_time_duration": 20}
    about = {"employee_id": employee, **members}
    return [
        event("outgoing_call", call_id, 0, employee_phone_number="118", **about),
        event("call_finished", call_id, 20, direction="out", **ended, **about),
    ]


def record(call_id: str = "1", name: str = "a", **members: Any) -> dict[str, Any]:
    """A recording is ready."""
    link = f"https://media.callgear.com/{call_id}/{name}"
    return event("record_ready", call_id, 120, file_link=link, file_duration=75, **members)
