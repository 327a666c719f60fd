"""The journal's states: what a reader may ask for, and where a refused entry is mended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rules.vocabulary import CallState, Entity

# A notification's own states, as a reader asks for them, and the stored ones behind each.
ACCEPTED, IGNORED, REJECTED = "accepted", "ignored", "rejected"
NOTIFICATION_STATES: Mapping[str, tuple[str, ...]] = {
    ACCEPTED: ("pending", "taken"),
    IGNORED: ("ignored",),
    REJECTED: ("rejected",),
}
STATES = (*NOTIFICATION_STATES, *(str(state) for state in CallState))
PERIODS = (1, 7, 30, 0)  # days; 0: all that is kept
USUAL_PERIOD = 7
AS_DECIDED, TODAY = "as_decided", "today"
MODES = (AS_DECIDED, TODAY)

_FUNNEL_FIELDS = frozenset({"pipeline_id", "stage_id"})
_OWNER_FIELDS = frozenset({"responsible_user_id", "employee", "owner"})
_KEY_CODES = frozenset({"forbidden", "invalid_auth", "component_disabled", "scope_missing"})


def way_out(kind: str, error: Mapping[str, Any] | None) -> str:
    """The step of the wizard where a refused entry is mended: auth, users, funnels, fields, tasks
    or templates; "" for a call's entry in the history, which no setting shapes."""
    told = error or {}
    if told.get("code") in _KEY_CODES:
        return "auth"
    parts = {part for field in fields_of(told) for part in field.split(".")}
    if parts & _OWNER_FIELDS:
        return "users"
    if kind in ("call", "recording"):
        return ""
    if "custom_fields" in parts:
        return "fields"
    if parts & _FUNNEL_FIELDS:
        return "funnels"
    if kind == "complete":
        return "fields"
    return "tasks" if kind in (Entity.TASK, "taskline") else "templates"


def fields_of(error: Mapping[str, Any]) -> list[str]:
    """The fields that the CRM named when it refused."""
    details: Iterable[Any] = error.get("details") or error.get("fields") or ()
    named = (each.get("field") if isinstance(each, Mapping) else each for each in details)
    return [str(field) for field in named if field]
