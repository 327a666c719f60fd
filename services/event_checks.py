"""Whether an event of the CRM says what its type must say; the shapes of docs/behomes.md 6."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from typing import Any

from rules.times import read_time
from services.crm_events import EFFECTS, NewEvent

Problem = tuple[str, str]
LONGEST = 100
LONGEST_TEXT = {"name": 200, "email": 200, "extension": 20}
MOST_PHONES = 20
IDS: Mapping[str, tuple[str, ...]] = {
    "user.updated": ("id",),
    "client.responsible_changed": ("client_id",),
    "client.merged": ("client_id", "into_client_id"),
    "client.deleted": ("client_id",),
}


def missing(body: Mapping[str, Any]) -> list[Problem]:
    """What no event can be without: pairs of a member and what is wrong with it."""
    return [
        (name, "This member is missing.")
        for name in ("event_id", "type", "occurred_at", "data")
        if body.get(name) in (None, "")
    ]


def read_event(body: Mapping[str, Any]) -> tuple[NewEvent | None, list[Problem]]:
    """The event of a body that misses nothing; None with what is wrong."""
    problems = list(_problems(body))
    occurred_at = read_time(body["occurred_at"], UTC)
    if problems or occurred_at is None:
        return None, problems
    event_id, data = _id(body["event_id"]), _cleaned(body["type"], body["data"])
    return NewEvent(event_id or "", body["type"], occurred_at, data), []


def _problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    if _id(body["event_id"]) is None:
        yield "event_id", f"A text of 1 to {LONGEST} signs is needed."
    if read_time(body["occurred_at"], UTC) is None:
        yield "occurred_at", "Milliseconds since 1970 or ISO 8601 is needed."
    kind, data = body["type"], body["data"]
    if not isinstance(kind, str) or kind not in EFFECTS:
        yield "type", f"One of {', '.join(EFFECTS)} is needed."
        return
    if not isinstance(data, dict):
        yield "data", "An object is needed."
        return
    for name in IDS[kind]:
        if _id(data.get(name)) is None:
            yield f"data.{name}", f"A text of 1 to {LONGEST} signs is needed."
    check: Callable[[Mapping[str, Any]], Iterator[Problem]] | None = CHECKS.get(kind)
    if check is not None:
        yield from check(data)


def _user(data: Mapping[str, Any]) -> Iterator[Problem]:
    for name, longest in LONGEST_TEXT.items():
        value = data.get(name)
        if value is not None and not (isinstance(value, str) and len(value) <= longest):
            yield f"data.{name}", f"A text of up to {longest} signs, or null, is needed."
    phones = data.get("phones")
    is_list = isinstance(phones, list) and len(phones) <= MOST_PHONES
    if phones is not None and not (is_list and all(isinstance(p, str) for p in phones)):
        yield "data.phones", f"A list of up to {MOST_PHONES} texts is needed."
    if not isinstance(data.get("active", True), bool):
        yield "data.active", "True or false is needed."


def _responsible(data: Mapping[str, Any]) -> Iterator[Problem]:
    if "responsible_user_id" not in data:
        yield "data.responsible_user_id", "A user's id, or null for nobody, is needed."
    elif data["responsible_user_id"] is not None and _id(data["responsible_user_id"]) is None:
        yield "data.responsible_user_id", f"A text of 1 to {LONGEST} signs is needed."


def _merge(data: Mapping[str, Any]) -> Iterator[Problem]:
    gone, into = _id(data.get("client_id")), _id(data.get("into_client_id"))
    if gone is not None and gone == into:
        yield "data.into_client_id", "Another client than client_id is needed."


CHECKS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Problem]]] = {
    "user.updated": _user,
    "client.responsible_changed": _responsible,
    "client.merged": _merge,
}


def _cleaned(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is used; ids as texts."""
    found: dict[str, Any] = {name: _id(data[name]) for name in IDS[kind]}
    if kind == "client.responsible_changed":
        found["responsible_user_id"] = _id(data["responsible_user_id"])
    if kind == "user.updated":
        names = ("name", "email", "extension", "phones", "active")
        found |= {name: data[name] for name in names if name in data}
        if found.get("phones", ()) is None:
            found["phones"] = []
    return found


def _id(value: Any) -> str | None:
    """An id: a text, or a whole number as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and value.strip() and len(value) <= LONGEST else None
