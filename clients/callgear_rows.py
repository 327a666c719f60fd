"""Makes our values of the PBX's rows. Source of the fields: docs/callgear.md 2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from clients.notification_members import (
    read_direction,
    read_flag,
    read_id,
    read_phone,
    read_reason,
    read_text,
)
from clients.wire_codec import as_number
from rules.absence import Status
from rules.pbx import (
    CallRow,
    Employee,
    EmployeePhone,
    PbxContact,
    RowEmployee,
    VirtualNumber,
)
from rules.times import read_time
from rules.variables import VARIABLES
from rules.vocabulary import Direction

Row = Mapping[str, Any]

EMPLOYEE_FIELDS = (
    "id",
    "last_name",
    "first_name",
    "full_name",
    "email",
    "extension",
    "phone_numbers",
    "status_id",
)
EMPLOYEE_STATUS_FIELDS = ("id", "status_id")
STATUS_FIELDS = (
    "id",
    "name",
    "mnemonic",
    "is_worktime",
    "is_deleted",
    "in_external_allowed_call_directions",
)
NUMBER_FIELDS = ("id", "virtual_phone_number", "status", "name", "comment")
CONTACT_FIELDS = ("id", "last_name", "first_name", "phone_numbers", "personal_manager_id")
# Fields of the report that have a member of their own in CallRow.
OWN_FIELDS = frozenset(
    {
        "id",
        "direction",
        "start_time",
        "finish_time",
        "is_lost",
        "finish_reason",
        "source",
        "contact_phone_number",
        "virtual_phone_number",
        "wait_duration",
        "talk_duration",
        "total_duration",
        "is_transfer",
        "employees",
        "first_answered_employee_id",
        "first_talked_employee_id",
        "last_talked_employee_id",
        "call_api_external_id",
        "tags",
        "full_record_file_link",
        "call_records",
    }
)
ITEM_NAMES = ("tag_name", "segment_name", "name", "value")
VENDOR_TIME = "%Y-%m-%d %H:%M:%S"


def employee(row: Row) -> Employee:
    extension = row.get("extension")
    number = extension.get("extension_phone_number") if isinstance(extension, Mapping) else None
    return Employee(
        id=read_id(row.get("id")) or "",
        last_name=read_text(row.get("last_name")) or "",
        first_name=read_text(row.get("first_name")) or "",
        full_name=read_text(row.get("full_name")) or "",
        email=read_text(row.get("email")),
        extension=read_text(number),
        phones=tuple(_phone(one) for one in _rows(row.get("phone_numbers"))),
        status_id=read_id(row.get("status_id")),
    )


def status(row: Row) -> Status:
    directions = row.get("in_external_allowed_call_directions")
    return Status(
        id=read_id(row.get("id")) or "",
        name=read_text(row.get("name")) or "",
        mnemonic=read_text(row.get("mnemonic")),
        is_worktime=_flag(row.get("is_worktime")),
        takes_calls="in" in directions if isinstance(directions, list) else None,
        is_deleted=_flag(row.get("is_deleted")) is True,
    )


def virtual_number(row: Row) -> VirtualNumber:
    return VirtualNumber(
        id=read_id(row.get("id")) or "",
        number=read_phone(row.get("virtual_phone_number")) or "",
        active=row.get("status") in (None, "active"),
        name=read_text(row.get("name")),
        comment=read_text(row.get("comment")),
    )


def contact(row: Row) -> PbxContact:
    phones = row.get("phone_numbers")
    return PbxContact(
        id=read_id(row.get("id")) or "",
        last_name=read_text(row.get("last_name")) or "",
        first_name=read_text(row.get("first_name")) or "",
        phones=tuple(text for one in phones if (text := read_phone(one)))
        if isinstance(phones, list)
        else (),
        personal_manager_id=read_id(row.get("personal_manager_id")),
    )


def call_row(row: Row, *, zone: tzinfo, media_host: str) -> CallRow:
    """A row of the calls report; times without an offset are in the account's zone."""
    return CallRow(
        call_session_id=read_id(row.get("id")) or "",
        direction=_direction(row.get("direction")),
        started_at=read_time(row.get("start_time"), zone),
        finished_at=read_time(row.get("finish_time"), zone),
        is_lost=_flag(row.get("is_lost")),
        finish_reason=read_reason(row.get("finish_reason")),
        source=read_text(row.get("source")),
        contact_phone_number=read_phone(row.get("contact_phone_number")),
        virtual_phone_number=read_phone(row.get("virtual_phone_number")),
        wait_seconds=as_number(row.get("wait_duration")),
        talk_seconds=as_number(row.get("talk_duration")),
        total_seconds=as_number(row.get("total_duration")),
        is_transfer=_flag(row.get("is_transfer")),
        employees=tuple(_row_employee(one) for one in _rows(row.get("employees"))),
        first_answered_employee_id=read_id(row.get("first_answered_employee_id")),
        first_talked_employee_id=read_id(row.get("first_talked_employee_id")),
        last_talked_employee_id=read_id(row.get("last_talked_employee_id")),
        external_id=read_text(row.get("call_api_external_id")),
        tags=tuple(_listed(row.get("tags"))),
        record_links=_record_links(row, media_host),
        parameters=_parameters(row, media_host),
        extra={name: value for name, value in row.items() if name not in OWN_FIELDS},
    )


def report_params(since: datetime, till: datetime, zone: tzinfo) -> dict[str, Any]:
    """What a question for the calls of a period holds beside its fields."""
    begin, end = vendor_period(since, till, zone)
    order = [{"field": "start_time", "order": "asc"}]
    return {"date_from": begin, "date_till": end, "sort": order}


def report_fields(names: Iterable[str]) -> tuple[str, ...]:
    """The fields to ask for, each once, and always the id."""
    return tuple(dict.fromkeys(("id", *names)))


def vendor_period(since: datetime, till: datetime, zone: tzinfo) -> tuple[str, str]:
    """Two aware moments as the PBX wants them: whole seconds of the account's zone, no offset."""
    begin = since.astimezone(zone).strftime(VENDOR_TIME)
    end = (till + timedelta(microseconds=999_999)).astimezone(zone).strftime(VENDOR_TIME)
    # When the clocks go back, the later moment may have the earlier text.
    return min(begin, end), max(begin, end)


def _parameters(row: Row, media_host: str) -> dict[str, str]:
    parameters = {}
    for name, variable in VARIABLES.items():
        text = next((t for one in variable.fields if (t := _as_parameter(row.get(one)))), "")
        if text:
            parameters[name] = text
    direction = _direction(row.get("direction"))
    links = _record_links(row, media_host)
    own = {
        "direction": direction and str(direction),
        "call_status": _status(_flag(row.get("is_lost")), direction),
        "finish_reason": read_reason(row.get("finish_reason")),
        "record_link": links[0] if links else None,
        "contact_phone_number": read_phone(row.get("contact_phone_number")),
        "virtual_phone_number": read_phone(row.get("virtual_phone_number")),
    }
    for name, value in own.items():
        parameters.pop(name, None)
        if value:
            parameters[name] = value
    return parameters


def _status(is_lost: bool | None, direction: Direction | None) -> str | None:
    if is_lost is None:
        return None
    if not is_lost:
        return "answered"
    return "failed" if direction is Direction.OUTBOUND else "lost"


def _as_parameter(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_listed(value))
    return read_text(value) or ""


def _listed(value: Any) -> list[str]:
    """The texts of a list of texts or of objects that have a name."""
    texts = []
    for one in value if isinstance(value, list) else []:
        if isinstance(one, Mapping):
            one = next((one[name] for name in ITEM_NAMES if one.get(name)), None)
        if text := read_text(one):
            texts.append(text)
    return texts


def _record_links(row: Row, media_host: str) -> tuple[str, ...]:
    """The whole call's record; else one link per part, as public integrations build them."""
    whole = read_text(row.get("full_record_file_link"))
    if whole:
        return (whole,)
    call_id = read_id(row.get("id"))
    return tuple(
        f"https://{media_host}/{call_id}/{one}" for one in _listed(row.get("call_records"))
    )


def _row_employee(row: Row) -> RowEmployee:
    return RowEmployee(
        employee_id=read_id(row.get("employee_id")) or "",
        full_name=read_text(row.get("employee_full_name")) or "",
        is_answered=bool(_flag(row.get("is_answered"))),
        is_talked=bool(_flag(row.get("is_talked"))),
    )


def _phone(row: Row) -> EmployeePhone:
    return EmployeePhone(
        number=read_text(row.get("phone_number")) or "",
        active=row.get("status") in (None, "active"),
        phone_id=read_id(row.get("phone_id")),
    )


def _rows(value: Any) -> list[Row]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _flag(value: Any) -> bool | None:
    flag = read_flag(value)
    return None if flag is None else bool(flag)


def _direction(value: Any) -> Direction | None:
    word = read_direction(value)
    return Direction(word) if word in set(Direction) else None
