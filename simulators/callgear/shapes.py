"""The shapes in which a notification can arrive.

A shape is a base (`flat`, `nested`, `form`, `query`) and any of the twists, joined by `+`:
`no_event`, `quoted`, `unresolved`, `numbers_as_text`, `plus`, `no_ms`, `lost_amp`. For instance
`nested+no_event+plus`. `flat_no_event` is short for `flat+no_event`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from simulators.callgear.notices import TEMPLATES

BASES = ("flat", "nested", "form", "query")
TWISTS = ("no_event", "quoted", "unresolved", "numbers_as_text", "plus", "no_ms", "lost_amp")
PHONES = (
    "virtual_phone_number",
    "contact_phone_number",
    "calling_phone_number",
    "called_phone_number",
)
GROUPS = {
    "contact_info": (
        *("contact_phone_number", "communication_number", "contact_id", "contact_full_name"),
    ),
    "employee_info": (
        *("employee_full_name", "employee_id", "employee_email", "extension_phone_number"),
        "employee_phone_number",
    ),
    "call_info": (
        *("call_source", "direction", "call_session_id", "scenario_name", "talk_time_duration"),
        *("total_time_duration", "wait_time_duration", "tag_ids", "tag_names", "is_lost"),
        *("is_transfer", "is_internal", "external_id", "employee_ids", "last_talked_employee_id"),
    ),
    "call_record_file_info": ("file_link", "file_duration"),
}
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}
# Marks around a value that the admin put between quotes of his own: they become `""`.
OPEN, CLOSE = "\ue000", "\ue001"


@dataclass(frozen=True)
class Rendered:
    """A notification as it goes over the wire."""

    method: str
    query: str
    body: bytes
    content_type: str


def check_shape(shape: str) -> None:
    """Raises ValueError for a shape that is not known."""
    base, twists = _parse(shape)
    unknown = [] if base in BASES else [base]
    unknown += [twist for twist in twists if twist not in TWISTS]
    if unknown:
        known = ", ".join(BASES + TWISTS)
        raise ValueError(f"unknown shape {', '.join(unknown)}; known: {known}")


def render(
    event: str,
    variables: Mapping[str, Any],
    *,
    shape: str,
    secret: str | None,
    extra: tuple[str, ...] = (),
) -> Rendered:
    """The notification of this event in this shape."""
    base, twists = _parse(shape)
    names = TEMPLATES[event] + tuple(name for name in extra if name not in TEMPLATES[event])
    if event == "call_finished" and variables.get("is_internal"):
        names = (*names, "is_internal")
    values = {name: _value(name, variables.get(name), twists) for name in names}
    literals: dict[str, Any] = {} if "no_event" in twists else {"event": event}
    if secret is not None:
        literals["secret"] = secret
    if base in ("form", "query"):
        return _pairs({**literals, **values}, base, twists)
    members = _nest(values) if base == "nested" else values
    text = json.dumps({**literals, **members}, ensure_ascii=False, separators=(",", ":"))
    text = text.replace(f'"{OPEN}', '""').replace(f'{CLOSE}"', '""')
    return Rendered("POST", "", text.encode(), "application/json; charset=utf-8")


def _parse(shape: str) -> tuple[str, list[str]]:
    base, *twists = shape.replace("flat_no_event", "flat+no_event").split("+")
    return base, twists


def _value(name: str, value: Any, twists: list[str]) -> Any:
    if value is None:
        return "{{" + name + "}}" if "unresolved" in twists else None
    if name in PHONES and "plus" in twists and str(value).isdigit():
        value = f"+{value}"
    if name == "notification_time" and "no_ms" in twists:
        value = value.partition(".")[0]
    if "numbers_as_text" in twists:
        value = _as_text(value)
    if "quoted" in twists and isinstance(value, str):
        return f"{OPEN}{value}{CLOSE}"
    return value


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _nest(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in values.items():
        group = GROUP_OF.get(name)
        place = nested.setdefault(group, {}) if group else nested
        place["call_record_duration" if name == "file_duration" else name] = value
    return nested


def _pairs(values: Mapping[str, Any], base: str, twists: list[str]) -> Rendered:
    parts = [f"{name}={quote(_plain(value), safe='')}" for name, value in values.items()]
    text = "&".join(parts)
    if "lost_amp" in twists:
        text = re.sub(r"(communication_number=[^&]*)&", r"\1", text, count=1)
    if base == "query":
        return Rendered("GET", text, b"", "")
    return Rendered("POST", "", text.encode(), "application/x-www-form-urlencoded")


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(_as_text(value))
