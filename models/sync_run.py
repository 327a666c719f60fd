"""A run of the employee sync, and what became of each CRM user in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db

UNFINISHED = "state IN ('queued', 'running')"


class SyncRun(db.Model):  # type: ignore[name-defined]
    """`state`: queued, running, done, stopped (by a person) or aborted (`error` says why).

    One unfinished run per integration: a second press gives back the first one's run. If more than
    `max_changes` employees would change, the run becomes a dry one and writes nothing.
    """

    __tablename__ = "sync_run"
    __table_args__ = (
        Index(
            "uq_sync_run_unfinished",
            "integration_id",
            unique=True,
            postgresql_where=text(UNFINISHED),
            sqlite_where=text(UNFINISHED),
        ),
        Index("ix_sync_run_created", "integration_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    is_dry: Mapped[bool] = mapped_column(default=False)
    max_changes: Mapped[int | None]
    origin: Mapped[str] = mapped_column(String(10))  # button, nightly or command
    author: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10), default="queued")
    phase: Mapped[str] = mapped_column(String(10), default="load")  # load, match, write
    created_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    crm_users: Mapped[int | None]
    employees: Mapped[int | None]
    stop_requested: Mapped[bool] = mapped_column(default=False)
    error: Mapped[dict[str, Any] | None]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)


class SyncItem(db.Model):  # type: ignore[name-defined]
    """`result`: created, updated, skipped or conflict; in a dry run, what would become of him.

    `reason` is a code with `values`; `candidates` are the employee ids of a conflict.
    """

    __tablename__ = "sync_item"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("sync_run.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    crm_user_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(60))
    employee_id: Mapped[str | None] = mapped_column(String(40))
    result: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(40))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    candidates: Mapped[list[Any]] = mapped_column(default=list)
