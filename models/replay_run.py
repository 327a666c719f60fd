"""Calls that a person wants carried out again, one or a whole filter, in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class ReplayRun(db.Model):  # type: ignore[name-defined]
    """`mode`: as_decided or today (today's settings decide anew). `wanted` is the filter as it was
    asked; `upto` the newest row that it took in. `position` is the last one done."""

    __tablename__ = "replay_run"
    __table_args__ = (Index("ix_replay_run_created", "integration_id", "created_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    mode: Mapped[str] = mapped_column(String(12))
    wanted: Mapped[dict[str, Any]]
    upto: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    author: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))  # queued, running, finished, stopped
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
