"""What a notification says: its variables and the published templates (reference 4.5 to 4.7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from simulators.callgear.account import Account
from simulators.callgear.calls import Call, Leg, Row, Step

NAMES = {
    "incoming_call": ("bh-in", "in_call_session"),
    "waiting_answer": ("bh-ring", None),
    "call_accepted": ("bh-accepted", None),
    "talk_started": ("bh-talk", None),
    "talk_finished": ("bh-talk-end", None),
    "leg_finished": ("bh-leg-end", None),
    "call_finished": ("bh-end", "call_session_finished"),
    "lost_call": ("bh-lost", "lost_call_session"),
    "outgoing_call": ("bh-out", "out_call_session"),
    "record_ready": ("bh-rec", None),
    "tag_set": ("bh-tag", "set_mark"),
    "unanswered_message": ("bh-chat", "unanswered_chats"),
}
RECOMMENDED = tuple(
    name for name in NAMES if name not in ("call_accepted", "leg_finished", "unanswered_message")
)
HEAD = ("notification_name", "notification_mnemonic", "virtual_phone_number", "notification_time")
CONTACT = ("contact_phone_number", "communication_number", "contact_id", "contact_full_name")
EMPLOYEE = ("employee_full_name", "employee_id")
LEG_EVENT = (
    *("external_id", "contact_phone_number", "contact_id", *EMPLOYEE),
    *("call_source", "call_session_id", "direction"),
)
TALK_END = (
    *("external_id", "contact_phone_number", "communication_number", *EMPLOYEE),
    *("call_source", "call_session_id", "direction", "scenario_name", "talk_time_duration"),
)
TEMPLATES: dict[str, tuple[str, ...]] = {
    "incoming_call": (*HEAD, "scenario_name", *CONTACT, "call_session_id"),
    "waiting_answer": (*HEAD, *LEG_EVENT, "leg_id"),
    "call_accepted": (*HEAD, *LEG_EVENT, "leg_id"),
    "leg_finished": (*HEAD, *LEG_EVENT, "leg_id"),
    "talk_started": (*HEAD, *LEG_EVENT, "leg_ids"),
    "talk_finished": (*HEAD, *TALK_END, "leg_ids"),
    "call_finished": (
        *(*HEAD, *TALK_END, "total_time_duration", "wait_time_duration", "tag_names"),
        *("is_transfer", "last_talked_employee_id"),
    ),
    "lost_call": (
        *(*HEAD, "scenario_name", "wait_time_duration", "employee_ids", *CONTACT),
        "call_session_id",
    ),
    "outgoing_call": (
        *(*HEAD, "contact_phone_number", "contact_id", "contact_full_name", "call_session_id"),
        *(*EMPLOYEE, "employee_phone_number"),
    ),
    "record_ready": (
        *(*HEAD, "scenario_name", *CONTACT, "call_session_id", *EMPLOYEE),
        *("file_link", "file_duration", "tag_ids", "tag_names"),
    ),
    "tag_set": (
        *HEAD,
        "contact_phone_number",
        "call_session_id",
        *EMPLOYEE,
        "tag_ids",
        "tag_names",
    ),
}


def variables(account: Account, call: Call, step: Step, *, media_base: str) -> Row:
    """All variables that CallGear could put into the body of this notification."""
    leg = step.leg or _speaker(call, step.event)
    values = {
        **call.marketing,
        **_of_moment(account, call, step),
        **_of_session(account, call),
        **_of_contact(call),
        **_of_talkers(call),
        **_of_employee(account, call, leg),
        **_of_end(call, step),
    }
    if leg is not None:
        values.update(_of_leg(call, step, leg, media_base))
    return values


def _of_moment(account: Account, call: Call, step: Step) -> Row:
    name, mnemonic = NAMES[step.event]
    moment = call.started + timedelta(seconds=step.at)
    return {
        "notification_name": name,
        "notification_mnemonic": mnemonic,
        "notification_time": call.time_at(step.at, milliseconds=True),
        "notification_timestamp": int(moment.replace(tzinfo=account.zone).timestamp()),
    }


def _of_session(account: Account, call: Call) -> Row:
    is_inbound = call.direction == "in"
    return {
        "app_id": account.app_id,
        "call_session_id": call.id,
        "communication_id": call.id,
        "communication_type": "call",
        "virtual_phone_number": call.virtual_number,
        "contact_phone_number": call.contact,
        "calling_phone_number": call.contact if is_inbound else call.virtual_number,
        "called_phone_number": call.virtual_number if is_inbound else call.contact,
        "direction": call.direction,
        "call_source": call.source,
        "external_id": call.external_id,
        "scenario_id": call.scenario["id"],
        "scenario_name": call.scenario["name"],
        "start_time": call.time_at(0),
        "tag_ids": [tag["id"] for tag in call.tags] or None,
        "tag_names": [tag["name"] for tag in call.tags] or None,
        "employee_ids": list(dict.fromkeys(leg.employee_id for leg in call.legs)),
    }


def _of_talkers(call: Call) -> Row:
    talkers = [leg.employee for leg in call.talks if leg.employee]
    if not talkers:
        return {}
    return {
        "first_answered_employee_email": talkers[0]["email"],
        "first_talked_employee_email": talkers[0]["email"],
        "last_talked_employee_email": talkers[-1]["email"],
        "last_talked_employee_id": talkers[-1]["id"],
    }


def _speaker(call: Call, event: str) -> Leg | None:
    """Whom an event of the whole session names: the one who talked last."""
    is_whole = event in ("call_finished", "tag_set")
    return call.talks[-1] if is_whole and call.talks else None


def _of_contact(call: Call) -> Row:
    row = call.contact_row or {}
    return {
        "communication_number": call.marketing.get("communication_number"),
        "contact_id": row.get("id"),
        "contact_full_name": row.get("full_name"),
    }


def _of_employee(account: Account, call: Call, leg: Leg | None) -> Row:
    employee = leg.employee if leg else call.initiator
    if employee is None:
        return {"employee_id": None, "employee_full_name": None}
    phones = account.active_phones(employee)
    return {
        "employee_id": employee["id"],
        "employee_full_name": employee["full_name"],
        "employee_email": employee["email"],
        "employee_phone_number": phones[0] if phones else None,
        "extension_phone_number": (employee["extension"] or {}).get("extension_phone_number"),
    }


def _of_end(call: Call, step: Step) -> Row:
    if step.event not in ("call_finished", "lost_call"):
        return {}
    values: dict[str, Any] = {
        "talk_time_duration": call.talk_seconds,
        "total_time_duration": round(call.total),
        "wait_time_duration": call.wait_seconds,
        "is_transfer": call.is_transfer,
        "is_lost": call.is_lost,
        "is_internal": call.is_internal,
        "finish_time_localized": call.time_at(call.total),
    }
    if call.is_lost:
        values["lost_reason"] = call.finish_reason
    return values


def _of_leg(call: Call, step: Step, leg: Leg, media_base: str) -> Row:
    values: Row = {"leg_id": leg.id, "leg_ids": [call.client_leg_id, leg.id]}
    if step.event == "talk_finished":
        values["talk_time_duration"] = round(leg.talk_seconds)
    if step.event == "record_ready":
        values["file_link"] = f"{media_base}/media/{call.id}/{leg.record}"
        values["file_duration"] = round(leg.talk_seconds)
    return values
