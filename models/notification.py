"""The inbox: one row per notification, committed before it is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db

PENDING, TAKEN, IGNORED, REJECTED = "pending", "taken", "ignored", "rejected"
UNUSED = "state IN ('ignored', 'rejected')"


class Notification(db.Model):  # type: ignore[name-defined]
    """`state`: pending (not yet taken into its call), taken, ignored (an event that we do not
    use), rejected (could not be read; `raw` holds it for a person)."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("integration_id", "event_key"),
        # "When did the last one of each kind come" is asked by the pages that wait for it.
        Index("ix_notification_received", "integration_id", "kind", "received_at"),
        # The journal, newest first; what was not used or not read is rare and has its own index.
        Index("ix_notification_journal", "integration_id", "received_at", "id"),
        Index(
            "ix_notification_unused",
            "integration_id",
            "state",
            "received_at",
            "id",
            postgresql_where=text(UNUSED),
            sqlite_where=text(UNUSED),
        ),
        Index(
            "ix_notification_pending",
            "id",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    event_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    call_session_id: Mapped[str | None] = mapped_column(String(64))
    session_row_id: Mapped[int | None] = mapped_column(ForeignKey("call_session.id"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    received_at: Mapped[datetime] = mapped_column(Moment)
    members: Mapped[dict[str, Any]]
    raw: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(String(200))
