"""A card as one employee's page gets it: all that is shown, in plain JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from models.base import to_ms
from rules.cards import OPEN_SEATS, Seat, SeatState, announced_until, seat_of_json
from rules.phones import pretty


def view(card: Mapping[str, Any], employee_id: str) -> dict[str, Any]:
    """`card` has the columns of the table. Moments are milliseconds since 1970, UTC.

    Of two views of one call the one with the larger `version` counts. `announce_until` is set while
    the employee's phone rings: until then, and not after it, the card is news to him.
    """
    seats = {who: seat_of_json(stored) for who, stored in card["employees"].items()}
    mine = seats[employee_id]
    source = dict(card["source"])
    return {
        "call": card["call_session_id"],
        "integration": card["integration_id"],
        "version": card["version"],
        "state": _shown_state(card["state"], mine),
        "rang_at": _ms(mine.rang_at),
        "announce_until": _ms(announced_until(mine)),
        "started_at": _ms(card["started_at"]),
        "talking_since": _ms(mine.since) if mine.state is SeatState.TALKING else None,
        "ended_at": _ms(card["ended_at"]),
        "has_talked": mine.has_talked,
        "phone": card["client_phone"],
        "phone_shown": pretty(card["client_phone"]),
        "is_hidden": card["client_phone"] is None,
        "line": card["virtual_number"],
        "line_shown": pretty(card["virtual_number"]),
        "line_name": source.pop("line_name", None),
        "last_calls": source.pop("last_calls", []),
        "rules_create": source.pop("rules_create", False),
        "source": source,
        "crm_state": card["crm_state"],
        "client": card["client"],
        "others": [
            {"name": seat.name, "state": seat.state}
            for who, seat in seats.items()
            if who != employee_id
        ],
    }


def open_for(card: Mapping[str, Any], employee_id: str) -> bool:
    """Whether the call still rings or talks for this employee."""
    stored = card["employees"].get(employee_id)
    return stored is not None and stored["state"] in OPEN_SEATS


def told_now(data: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """A view at the moment when it is sent: `announce` says whether to make a noise."""
    until = data.get("announce_until")
    return {**data, "announce": until is not None and now_ms < until}


def concerned(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Iterator[str]:
    """The employees whose view a change of the card touches."""
    old = before["employees"] if before else {}
    same_call = before is not None and all(
        before[name] == after[name] for name in ("state", "crm_state", "client", "client_phone")
    )
    for who, stored in after["employees"].items():
        was_open = old.get(who, {}).get("state") in OPEN_SEATS
        if stored != old.get(who) or (was_open and not same_call):
            yield who


def _shown_state(state: str, mine: Seat) -> str:
    """lost is told to those whose phone rang to the end; else each sees his own part."""
    if mine.state is SeatState.ENDED and state == "lost":
        return "lost"
    return mine.state


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
