"""Notifications of calls that go on at this moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.notifications import KNOWN, event


def told(kind, call_id="1", *, ago=0.0, phone=KNOWN, **members):
    """A notification of this moment, or of some seconds ago."""
    now = datetime.now(ZoneInfo("Asia/Dubai")).replace(tzinfo=None) - timedelta(seconds=ago)
    body = event(kind, call_id, contact_phone_number=phone, direction="in", **members)
    return body | {"notification_time": now.isoformat(" ", "milliseconds")}


def rings(who=101, call_id="1", **more):
    return told("waiting_answer", call_id, employee_id=who, **more)


def ended(call_id="1", **more):
    members = {"talk_time_duration": 3, "total_time_duration": 5, "last_talked_employee_id": 101}
    return told("call_finished", call_id, **members, **more)
