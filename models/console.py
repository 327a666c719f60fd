"""What employees see while phones ring: cards, the events of their consoles, who is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class Card(db.Model):  # type: ignore[name-defined]
    """One incoming call as pop-ups show it. `employees` maps an employee's id to what he sees:
    ringing, talking, withdrawn (another one answered) or ended.

    `crm_state`: asking (not known yet), known (`client` holds him), unknown (nobody has that
    number), away (Behomes does not answer) or hidden (there is no number to ask for).
    """

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("integration_id", "call_session_id"),
        Index("ix_card_started", "started_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    call_session_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(10))  # ringing, talking, ended, lost
    started_at: Mapped[datetime] = mapped_column(Moment)
    talking_since: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    client_phone: Mapped[str | None] = mapped_column(String(40))
    virtual_number: Mapped[str | None] = mapped_column(String(40))
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)  # campaign, scenario, ...
    employees: Mapped[dict[str, Any]] = mapped_column(default=dict)
    crm_state: Mapped[str] = mapped_column(String(10), default="asking")
    client: Mapped[dict[str, Any] | None]
    # What was told to the CRM's own pop-up: event -> done or the error's code.
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ConsoleEvent(db.Model):  # type: ignore[name-defined]
    """What the open pages of one employee are told; kept for a few minutes, for those who were cut
    off. `id` is the stream's event id; `data` is all that the page needs, so that any event may be
    seen twice and only the newest version of a card counts."""

    __tablename__ = "console_event"
    __table_args__ = (Index("ix_console_event_at", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    employee_id: Mapped[str | None] = mapped_column(String(40))  # None: everybody of the office
    kind: Mapped[str] = mapped_column(String(20))  # card, dial, callbacks
    at: Mapped[datetime] = mapped_column(Moment)
    data: Mapped[dict[str, Any]]


class Presence(db.Model):  # type: ignore[name-defined]
    """Whether an employee's console is open, and whether he wants to be left alone."""

    __tablename__ = "presence"

    login_id: Mapped[int] = mapped_column(
        ForeignKey("login.id", ondelete="CASCADE"), primary_key=True
    )
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    do_not_disturb: Mapped[bool] = mapped_column(default=False)


class ConsoleToken(db.Model):  # type: ignore[name-defined]
    """What the pop-up inside the CRM's page shows instead of a session; only its hash is kept.

    It opens the console's addresses, from one origin, until it is revoked or runs out.
    """

    __tablename__ = "console_token"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    origin: Mapped[str] = mapped_column(String(300))
    agent: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
