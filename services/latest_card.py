"""The newest call card of an office, as the employee in question has it on his screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from models import Card
from models.base import now_ms
from rules.cards import OPEN_SEATS
from services.card_view import view

SHOWN_FOR_MS = 10 * 60_000
CARDS = Card.__table__


@dataclass(frozen=True)
class LatestCard:
    """`employee` is his name, None where the PBX has not told it; `data` as `card_view.view`."""

    employee: str | None
    data: dict[str, Any]


def find_latest_card(connection: Connection, integration_id: int) -> LatestCard | None:
    """Of the last minutes; None without one. Whose phone is at it comes first, then who talked."""
    query = (
        select(CARDS)
        .where(
            CARDS.c.integration_id == integration_id,
            CARDS.c.started_at > now_ms() - SHOWN_FOR_MS,
        )
        .order_by(CARDS.c.started_at.desc(), CARDS.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    if row is None or not row["employees"]:
        return None
    seats = row["employees"]
    employee_id = min(seats, key=lambda who: (_rank(seats[who]), who))
    return LatestCard(seats[employee_id].get("name"), view(dict(row), employee_id))


def _rank(seat: dict[str, Any]) -> int:
    if seat["state"] in OPEN_SEATS:
        return 0
    return 1 if seat.get("has_talked") else 2
