"""The promise to call back: one open row per client however often he was missed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class Callback(db.Model):  # type: ignore[name-defined]
    """One episode: opened by the first miss, closed when anyone talks to the client.

    `contact` is the number that was missed last (one spelling, like `CallSession.client_phone`):
    the one to call back. The next miss after a talk opens the next episode. All of it follows from
    the calls and can be worked out again at any time (`rules/callbacks.py`); only `taken_*` and
    `dismissed_*` are people's.
    """

    __tablename__ = "callback"
    __table_args__ = (
        UniqueConstraint("integration_id", "contact", "opened_at"),
        Index(
            "ix_callback_open",
            "integration_id",
            "due_at",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        Index("ix_callback_opened", "integration_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    contact: Mapped[str] = mapped_column(String(40))
    client_id: Mapped[str | None] = mapped_column(String(100))
    client_name: Mapped[str | None] = mapped_column(String(300))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    last_missed_at: Mapped[datetime] = mapped_column(Moment)
    misses: Mapped[int] = mapped_column(default=1)
    calls: Mapped[list[Any]] = mapped_column(default=list)  # ids of the missed call sessions
    rung: Mapped[list[Any]] = mapped_column(default=list)  # employees whose phones rang
    virtual_number: Mapped[str | None] = mapped_column(String(40))
    due_at: Mapped[datetime] = mapped_column(Moment)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("login.id", ondelete="SET NULL"))
    taken_name: Mapped[str | None] = mapped_column(String(200))
    taken_at: Mapped[datetime | None] = mapped_column(Moment)
    dismissed_by: Mapped[str | None] = mapped_column(String(200))
    dismissed_why: Mapped[str | None] = mapped_column(String(200))
    dismissed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_how: Mapped[str | None] = mapped_column(String(20))  # inbound, outbound, dismissed
    closed_by: Mapped[str | None] = mapped_column(String(40))  # the employee who talked
    closed_call: Mapped[str | None] = mapped_column(String(64))  # call_session_id
    working_seconds: Mapped[int | None]  # from opened_at to closed_at, in working hours
    updated_at: Mapped[datetime] = mapped_column(Moment)
