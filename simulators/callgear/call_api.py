"""The methods of the Call API v4.0: click-to-call, hang up, live calls (reference, section 3)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from simulators.callgear import sessions
from simulators.callgear.account import Account, Row
from simulators.callgear.calls import Call, Leg
from simulators.callgear.checks import Param
from simulators.callgear.errors import RpcError
from simulators.callgear.orders import Order, make_call
from simulators.callgear.player import Player
from simulators.callgear.results import success
from simulators.callgear.rpc import Asked, Method, Result

LONGEST_TEXT = 1000  # assumed: the reference names the error, not the figure
MESSAGE = (
    Param("type", required=True, choices=("media", "tts")),
    Param("value", required=True),
)
EMPLOYEE = (Param("id", "number", required=True), Param("phone_number"))
START = (
    Param("first_call", required=True, choices=("employee", "contact")),
    Param("virtual_phone_number", required=True, pattern=r"\d{6,15}"),
    Param("contact", required=True, pattern=r"\d{6,15}"),
    Param("employee", "object", required=True, members=EMPLOYEE),
    Param("direction", choices=("in", "out")),
    Param("external_id", highest=255),
    Param("show_virtual_phone_number", "boolean"),
    Param("switch_at_once", "boolean"),
    Param("early_switching", "boolean"),
    Param("media_file_id", "number"),
    Param(
        "virtual_phone_usage_rule",
        choices=("fixed", "fixed_for_numa", "random", "regional_random", "regional_fixed_for_numa"),
    ),
    Param("dtmf_string", pattern=r"[0-9*#.]+"),
    Param("contact_message", "object", members=MESSAGE),
    Param("employee_message", "object", members=MESSAGE),
)


def methods(player: Player) -> dict[str, Method]:
    """The methods; calls that they start are played by this player."""
    direction = Param("direction", choices=("in", "out"))
    return {
        "start.employee_call": Method(lambda asked: _start(asked, player), START),
        "release.call": Method(_release, (Param("call_session_id", "number", required=True),)),
        "list.calls": Method(_list, (direction, Param("virtual_phone_number"))),
        **sessions.methods(with_app_id=False),
    }


def _start(asked: Asked, player: Player) -> Result:
    params = asked.params
    _check_combination(params)
    _check_numbers(asked.account, params)
    _check_employee(asked.account, params["employee"])
    for name in ("contact_message", "employee_message"):
        _check_message(asked.account, params.get(name))
    _check_media(asked.account, params.get("media_file_id"))
    call = make_call(asked.world, _order(asked))
    call.request_id = asked.world.next_id("request")
    asked.world.dialed.append(_dialed(asked, call))
    asked.world.start(player.play(call))
    return {"data": {"call_session_id": call.id}, "metadata": {}}


def _check_combination(params: Mapping[str, Any]) -> None:
    at_once = params.get("early_switching") and params.get("switch_at_once")
    if at_once and params["first_call"] == "employee":
        raise RpcError("invalid_parameters_combination", field="early_switching")
    if params.get("virtual_phone_usage_rule") not in (None, "fixed"):
        raise RpcError("component_disabled", field="virtual_phone_usage_rule")


def _check_numbers(account: Account, params: Mapping[str, Any]) -> None:
    number = account.number(params["virtual_phone_number"])
    if number is None or number["status"] != "active":
        where = "virtual_phone_number"
        raise RpcError("virtual_phone_number_not_found", field=where, value=params[where])
    contact = params["contact"]
    if account.number(contact):
        raise RpcError("own_virtual_phone_number_not_allowed", field="contact", value=contact)
    if contact in account.blacklist:
        raise RpcError("contact_in_blacklist", field="contact", value=contact)


def _check_employee(account: Account, wanted: Mapping[str, Any]) -> None:
    employee = account.employees.get(wanted["id"])
    if employee is None:
        raise RpcError("employee_not_found", field="employee.id", value=wanted["id"])
    phones = account.active_phones(employee)
    phone = wanted.get("phone_number")
    extension = (employee["extension"] or {}).get("extension_phone_number")
    if not phones or (phone is not None and phone not in [*phones, extension]):
        raise RpcError("no_active_phone_number", field="employee.phone_number", value=phone)


def _check_message(account: Account, message: Mapping[str, Any] | None) -> None:
    if message is None:
        return
    value = message["value"]
    if message["type"] == "media":
        _check_media(account, int(value) if value.isdigit() else -1)
    elif len(value) > LONGEST_TEXT:
        raise RpcError("tts_text_exceeded", params={"limit": LONGEST_TEXT})
    elif any(ord(sign) > 0xFFFF for sign in value):
        raise RpcError("character_encoding_not_allowed")


def _check_media(account: Account, media_file_id: int | None) -> None:
    if media_file_id is not None and media_file_id not in account.media_files:
        raise RpcError("media_file_not_found", value=media_file_id)


def _order(asked: Asked) -> Order:
    params = asked.params
    return Order(
        recipe=asked.world.config.click_recipe,
        contact=params["contact"],
        virtual_number=params["virtual_phone_number"],
        employees=[params["employee"]["id"]],
        external_id=params.get("external_id"),
        direction=params.get("direction") or "in",
        first_call=params["first_call"],
        account=asked.account.app_id,
    )


def _dialed(asked: Asked, call: Call) -> Row:
    params = {name: value for name, value in asked.params.items() if name != "access_token"}
    return {
        "at": round(time.time() * 1000),
        "account": asked.account.app_id,
        "call_session_id": call.id,
        "params": params,
    }


def _release(asked: Asked) -> Result:
    call = asked.account.calls.get(asked.params["call_session_id"])
    if call is None or call.is_ended:
        raise RpcError("call_session_not_found", field="call_session_id")
    call.released.set()
    return success(asked)


def _list(asked: Asked) -> Result:
    params = asked.params
    live = [call for call in asked.account.calls.values() if not call.is_ended]
    rows = [
        _live_row(asked.account, call)
        for call in live
        if params.get("direction") in (None, call.direction)
        and params.get("virtual_phone_number") in (None, call.virtual_number)
    ]
    return {"data": rows, "metadata": {"total_items": len(rows)}}


def _live_row(account: Account, call: Call) -> Row:
    legs = [leg for leg in call.legs if leg.start <= call.now <= (leg.end or call.total)]
    return {
        "call_session_id": call.id,
        "direction": call.direction,
        "start_time": call.time_at(0, milliseconds=True).replace(" ", "T"),
        "virtual_phone_number": call.virtual_number,
        "contact_phone_number": call.contact,
        "external_id": call.external_id,
        "tags": [{"tag_id": tag["id"], "tag_name": tag["name"]} for tag in call.tags],
        "legs": [_live_leg(account, call, leg) for leg in legs],
    }


def _live_leg(account: Account, call: Call, leg: Leg) -> Row:
    employee = leg.employee or {}
    phone = next(iter(account.active_phones(employee)), None) if employee else None
    is_inbound = call.direction == "in"
    is_talking = leg.connect is not None and leg.connect <= call.now
    return {
        "leg_id": leg.id,
        "calling_phone_number": call.contact if is_inbound else phone,
        "called_phone_number": phone if is_inbound else call.contact,
        "is_operator": True,
        "employee_id": employee.get("id"),
        "employee_full_name": employee.get("full_name"),
        "record_call_enabled": True,
        "state": "Talking" if is_talking else "Dial",
    }
