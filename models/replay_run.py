"""Calls that a person wants carried out again, one or a whole filter, in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db

IS_RUNNING = "state = 'running'"


class ReplayRun(db.Model):  # type: ignore[name-defined]
    """`mode`: as_decided or today (today's settings decide anew). `wanted` is the filter as it was
    asked; `upto` the newest call that it took in. `position` is the last one done: it moves in the
    very transaction that makes those calls due, so that no worker's death does one twice.

    `state`: running, finished or stopped; of an integration one runs at a time."""

    __tablename__ = "replay_run"
    __table_args__ = (
        Index("ix_replay_run_created", "integration_id", "created_at"),
        Index(
            "uq_replay_run_unfinished",
            "integration_id",
            unique=True,
            postgresql_where=text(IS_RUNNING),
            sqlite_where=text(IS_RUNNING),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    mode: Mapped[str] = mapped_column(String(12))
    wanted: Mapped[dict[str, Any]]
    upto: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    author: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
