"""Reading single members of notifications: a value of another type than expected is none."""

from __future__ import annotations

from collections.abc import Mapping

from rules.events import Event, Member

LONGEST_SECONDS = 86_400
# More is no duration of a call, but an epoch or an id in the wrong place.
_NOT_SECONDS = 10**9


def text_of(members: Mapping[str, Member], name: str) -> str | None:
    value = members.get(name)
    return None if value is None or isinstance(value, list) else str(value)


def flag_of(members: Mapping[str, Member], name: str) -> bool | None:
    value = members.get(name)
    return value if isinstance(value, bool) else None


def list_of(members: Mapping[str, Member], name: str) -> list[str]:
    value = members.get(name)
    return [str(item) for item in value] if isinstance(value, list) else []


def seconds_of(members: Mapping[str, Member], name: str) -> int | None:
    """Whole seconds; NaN and what cannot be a duration are none."""
    value = members.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return max(0, int(value)) if abs(value) < _NOT_SECONDS else None


def employee_of(event: Event, by_email: Mapping[str, str]) -> str | None:
    """The employee that an event names: by id, else by an e-mail that we know."""
    return text_of(event.members, "employee_id") or by_email.get(
        (text_of(event.members, "employee_email") or "").strip().lower()
    )
