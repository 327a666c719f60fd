"""The rows of the calls report and of the call legs report, made of a call."""

from __future__ import annotations

from typing import Any

from simulators.callgear.account import Account
from simulators.callgear.calls import Call, Leg, Row
from simulators.callgear.fields import CALLS, LEGS
from simulators.callgear.world import Config

ENGLISH_REASONS = {
    "subscriber_disconnects": "caller_disconnects",
    "subscriber_busy": "caller_busy",
    "subscriber_not_responsible": "caller_not_responsive",
    "subscriber_number_problems": "caller_number_problems",
    "operator_not_responsible": "operator_not_responsive",
    "no_success_subscriber_call": "no_success_caller_call",
    "employee_not_exists": "employees_not_exists",
}
ARRAYS = [name for name, field in CALLS.items() if field.kind == "array"]
EMPTY: Row = {**dict.fromkeys(CALLS), "attributes": [], **{name: [] for name in ARRAYS}}
EMPTY_LEG: Row = {**dict.fromkeys(LEGS), "call_records": [], "wav_call_records": []}
COUNTRIES = {"971": (784, "United Arab Emirates"), "7": (643, "Russia"), "1": (840, "USA")}


def close(call: Call, account: Account, config: Config) -> None:
    """Make the report row of a call that has just ended."""
    milliseconds = config.report_milliseconds
    call.row = {
        **EMPTY,
        **_of_number(call.contact),
        **_of_call(call, milliseconds=milliseconds),
        **_of_times(call, milliseconds=milliseconds),
        **_of_employees(call, account),
        "finish_reason": _reason(call.finish_reason, config),
        "is_lost": call.is_lost,
        **{name: value for name, value in call.marketing.items() if name in CALLS},
    }


def ongoing(call: Call, *, milliseconds: bool) -> Row:
    """The row of a call that still goes on (include_ongoing_calls)."""
    return {**EMPTY, **_of_number(call.contact), **_of_call(call, milliseconds=milliseconds)}


def add_records(call: Call, *, media_base: str) -> None:
    """The record is ready: the row names it from now on."""
    records = [leg.record for leg in call.talks if leg.record]
    call.row["call_records"] = records
    call.row["wav_call_records"] = records
    call.row["full_record_file_link"] = f"{media_base}/media/{call.id}/{records[0]}"


def leg_rows(call: Call, account: Account, config: Config) -> list[Row]:
    """The rows of a call in the call legs report."""
    return [_leg_row(call, account, leg, config) for leg in call.legs]


def _reason(reason: str, config: Config) -> str:
    if config.finish_reasons == "english":
        return ENGLISH_REASONS.get(reason, reason)
    return reason


def _of_call(call: Call, *, milliseconds: bool) -> Row:
    contact = call.contact_row or {}
    return {
        "id": call.id,
        "communication_id": call.id,
        "communication_type": "call",
        "start_time": call.time_at(0, milliseconds=milliseconds),
        "direction": call.direction,
        "source": call.source,
        "contact_phone_number": call.contact,
        "virtual_phone_number": call.virtual_number,
        "scenario_id": call.scenario["id"],
        "scenario_name": call.scenario["name"],
        "contact_id": contact.get("id"),
        "contact_full_name": contact.get("full_name"),
        "call_api_external_id": call.external_id,
        "call_api_request_id": call.request_id,
        "tags": [_tag(call, tag) for tag in call.tags],
    }


def _tag(call: Call, tag: Row) -> Row:
    return {
        "tag_id": tag["id"],
        "tag_name": tag["name"],
        "tag_type": "manual",
        "tag_change_time": call.time_at(call.total),
        "tag_user_id": None,
        "tag_user_login": None,
        "tag_employee_id": None,
        "tag_employee_full_name": None,
    }


def _of_times(call: Call, *, milliseconds: bool) -> Row:
    return {
        "finish_time": call.time_at(call.total, milliseconds=milliseconds),
        "wait_duration": call.wait_seconds,
        "total_wait_duration": round(call.total) - call.talk_seconds,
        "talk_duration": call.talk_seconds,
        "clean_talk_duration": call.talk_seconds,
        "total_duration": round(call.total),
        "postprocess_duration": 0,
    }


def _of_employees(call: Call, account: Account) -> Row:
    answered = [leg.employee for leg in call.legs if leg.is_picked_up and leg.employee]
    talked = [leg.employee for leg in call.talks if leg.employee]
    row: Row = {"employees": _participants(call), "is_transfer": call.is_transfer}
    for word, people in (("answered", answered), ("talked", talked)):
        for place, employee in (("first", people[:1]), ("last", people[-1:])):
            row[f"{place}_{word}_employee_id"] = employee[0]["id"] if employee else None
            row[f"{place}_{word}_employee_full_name"] = (
                employee[0]["full_name"] if employee else None
            )
    if answered:
        row["operator_phone_number"] = next(iter(account.active_phones(answered[-1])), None)
    return row


def _participants(call: Call) -> list[Row]:
    people: dict[Any, Row] = {}
    for leg in call.legs:
        if leg.employee is None:
            continue
        person = people.setdefault(leg.employee_id, _participant(leg.employee))
        person["is_answered"] |= leg.is_picked_up
        person["is_talked"] |= leg.talked
    return list(people.values())


def _participant(employee: Row) -> Row:
    return {
        "employee_id": employee["id"],
        "employee_full_name": employee["full_name"],
        "is_answered": False,
        "is_talked": False,
    }


def _of_number(contact: str | None) -> Row:
    for prefix, (country_id, name) in COUNTRIES.items():
        if contact and len(contact) > 9 and contact.startswith(prefix):
            return {"cpn_country_id": country_id, "cpn_country_name": name}
    return {}


def _leg_row(call: Call, account: Account, leg: Leg, config: Config) -> Row:
    employee = leg.employee or {}
    end = call.total if leg.end is None else leg.end
    return {
        **EMPTY_LEG,
        **_of_leg_ends(call, account, leg),
        "id": leg.id,
        "call_session_id": call.id,
        "call_records": [leg.record] if leg.record and call.has_records else [],
        "start_time": call.time_at(leg.start),
        "connect_time": None if leg.connect is None else call.time_at(leg.connect),
        "duration": round(leg.talk_seconds),
        "total_duration": round(end - leg.start),
        "finish_reason": _reason(leg.reason, config),
        "is_transfered": leg.reason == "transfer_disconnects",
        "is_failed": not leg.talked,
        "is_talked": leg.talked,
        "employee_id": employee.get("id"),
        "employee_full_name": employee.get("full_name"),
        "scenario_id": call.scenario["id"],
        "scenario_name": call.scenario["name"],
    }


def _of_leg_ends(call: Call, account: Account, leg: Leg) -> Row:
    phone = next(iter(account.active_phones(leg.employee)), None) if leg.employee else None
    is_inbound = call.direction == "in"
    return {
        "virtual_phone_number": call.virtual_number,
        "contact_phone_number": call.contact,
        "employee_phone_number": phone,
        "calling_phone_number": call.contact if is_inbound else phone,
        "called_phone_number": phone if is_inbound else call.contact,
        "direction": "out" if is_inbound else "in",
        "is_operator": True,
        "is_coach": False,
    }
