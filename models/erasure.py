"""Erasures of what we hold about one number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db

IS_RUNNING = "finished_at IS NULL"


class Erasure(db.Model):  # type: ignore[name-defined]
    """`phone_hash` is keyed (services/vault.py); the number itself is sealed and only there until
    the end. `position` is how far each table has been gone through: it moves in the transaction
    that erases, so that whoever dies has done nothing twice or by half. `waiting` counts calls
    that are under way or in a worker's hands."""

    __tablename__ = "erasure"
    __table_args__ = (
        Index(
            "uq_erasure_running",
            "integration_id",
            "phone_hash",
            unique=True,
            postgresql_where=text(IS_RUNNING),
            sqlite_where=text(IS_RUNNING),
        ),
        Index("ix_erasure_asked", "integration_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    phone_hash: Mapped[str] = mapped_column(String(32))
    masked: Mapped[str] = mapped_column(String(12))
    phone_sealed: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    position: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    waiting: Mapped[int] = mapped_column(default=0)
