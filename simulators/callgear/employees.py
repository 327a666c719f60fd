"""Employees of the Data API (reference 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.callgear.account import Account, Row
from simulators.callgear.checks import Param
from simulators.callgear.errors import RpcError
from simulators.callgear.fields import EMPLOYEES
from simulators.callgear.results import created, note_written, page
from simulators.callgear.rpc import Asked, Method, Result
from simulators.callgear.selection import PAGING
from simulators.callgear.world import World

BOTH = ["in", "out"]
PERMISSIONS = tuple(
    f"{way}_{side}_allowed_call_directions"
    for way in ("in", "out")
    for side in ("external", "internal")
)
STATUS_WORDS = (
    *("available", "break", "do_not_disturb", "not_at_workplace", "not_at_work"),
    *("auto_out_call", "unknown"),
)
EXTENSION = (
    Param("extension_phone_number", required=True, pattern=r"\d{1,5}"),
    Param("extension_voice_mail_enabled", "boolean"),
    Param("extension_queue_enabled", "boolean"),
)


def _phones(*, is_update: bool) -> tuple[Param, ...]:
    settings = (
        Param("phone_number", "phone", required=not is_update),
        Param("channels_count", "number", lowest=1, highest=150),
        Param("dial_time", "number", lowest=1, highest=100),
        Param("status", choices=("active", "inactive")),
    )
    return (*settings, Param("phone_id", "number")) if is_update else settings


def _writable(*, is_update: bool) -> tuple[Param, ...]:
    return (
        Param("last_name", required=True, highest=255),
        Param("first_name", highest=255),
        Param("patronymic", highest=255),
        Param("email", "email"),
        Param("status", choices=STATUS_WORDS),
        Param("status_id", "number"),
        Param("call_recording", choices=("all", "in", "out", "off")),
        Param("schedule_id", "number"),
        Param("coach", "object"),
        Param("groups", "array", item="number"),
        Param(
            "phone_numbers",
            "array",
            required=is_update,  # so the reference: send both it and last_name
            highest=10,
            members=_phones(is_update=is_update),
        ),
        Param("extension", "object", members=EXTENSION),
        Param("operator", "object"),
        *(Param(name, "array", item="string") for name in PERMISSIONS),
    )


def new_employee(world: World, employee_id: int, values: Mapping[str, Any]) -> Row:
    """A complete row of the documented defaults and these values."""
    row: Row = {
        **dict.fromkeys(EMPLOYEES),
        "id": employee_id,
        "status": "available",
        "status_id": 1,
        "calls_available": True,
        "allowed_in_call_types": ["internal", "external"],
        "allowed_out_call_types": ["internal", "external"],
        "call_recording": "all",
        "groups": [],
        "phone_numbers": [],
        **dict.fromkeys(PERMISSIONS, BOTH),
    }
    apply(world, row, values)
    return row


def apply(world: World, row: Row, values: Mapping[str, Any]) -> None:
    """Write these values into the row; arrays replace the stored ones whole."""
    before = {phone["phone_id"]: phone for phone in row["phone_numbers"]}
    for name, value in values.items():
        if name in EMPLOYEES and name != "id":
            row[name] = value
    if values.get("phone_numbers") is not None:
        row["phone_numbers"] = [_phone(world, one, before) for one in values["phone_numbers"]]
    if values.get("extension"):
        row["extension"] = {
            "extension_voice_mail_enabled": False,
            "extension_queue_enabled": False,
            **values["extension"],
        }
    parts = (row["last_name"], row["first_name"], row["patronymic"])
    row["full_name"] = " ".join(part for part in parts if part)


def _phone(world: World, values: Mapping[str, Any], before: Mapping[int, Row]) -> Row:
    known: Row = before.get(values.get("phone_id", 0), {})
    if not known:
        by_number = {phone["phone_number"]: phone for phone in before.values()}
        known = by_number.get(values.get("phone_number"), {})
    phone = {"channels_count": 1, "dial_time": 60, "status": "active", **known, **values}
    phone.setdefault("phone_id", world.next_id("entity"))
    if "phone_number" not in phone:
        raise RpcError("required_parameter_missed", field="phone_numbers.phone_number")
    return phone


def _check_free(account: Account, params: Mapping[str, Any]) -> None:
    wanted = (params.get("extension") or {}).get("extension_phone_number")
    for employee in account.employees.values():
        taken = (employee["extension"] or {}).get("extension_phone_number")
        if wanted and wanted == taken and employee["id"] != params.get("id"):
            where = "extension.extension_phone_number"
            raise RpcError("already_in_use", field=where, value=wanted)


def _get(asked: Asked) -> Result:
    account = asked.account
    answer = page(asked, list(account.employees.values()), EMPLOYEES)
    context = {"operation": "get.employees", "account": str(account.app_id)}
    if asked.world.faults.pick(("employees_change",), context):
        _change(asked.world, account)
    return answer


def _change(world: World, account: Account) -> None:
    """Somebody leaves and somebody comes while a client reads page after page."""
    del account.employees[next(iter(account.employees))]
    new_id = world.next_id("entity")
    values = {"last_name": "Agent", "first_name": f"New {new_id}"}
    account.employees[new_id] = new_employee(world, new_id, values)


def _create(asked: Asked) -> Result:
    _check_free(asked.account, asked.params)
    new_id = asked.world.next_id("entity")
    asked.account.employees[new_id] = new_employee(asked.world, new_id, asked.params)
    note_written(asked, "create.employees", new_id)
    return created(asked, new_id)


def _update(asked: Asked) -> Result:
    employee_id = asked.params["id"]
    row = asked.account.employees.get(employee_id)
    if row is None:
        raise RpcError("entity_not_found", field="id", value=employee_id)
    _check_free(asked.account, asked.params)
    apply(asked.world, row, asked.params)
    note_written(asked, "update.employees", employee_id)
    return {}


METHODS = {
    "get.employees": Method(_get, PAGING),
    "create.employees": Method(_create, _writable(is_update=False)),
    "update.employees": Method(
        _update, (Param("id", "number", required=True), *_writable(is_update=True))
    ),
}
