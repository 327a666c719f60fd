"""What a call by a click brings into its history: who has clicked, and what the call belongs to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ClickCall

LINKS = ("client_id", "lead_id", "deal_id")
Key = tuple[int, str]


@dataclass(frozen=True)
class Clicked:
    """`links` win over what the call itself has created."""

    employee_id: str | None
    links: Mapping[str, str] = field(default_factory=dict)


def read_clicks(session: Session, calls: Collection[Key]) -> dict[Key, Clicked]:
    """The clicks behind these calls (integration and call); calls without one are left out."""
    query = select(ClickCall).where(
        ClickCall.integration_id.in_({integration_id for integration_id, _ in calls}),
        ClickCall.call_session_id.in_({call_session_id for _, call_session_id in calls}),
    )
    return {
        (row.integration_id, str(row.call_session_id)): Clicked(
            row.employee_id, {name: str(row.links[name]) for name in LINKS if row.links.get(name)}
        )
        for row in session.scalars(query)
    }
