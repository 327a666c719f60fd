"""Comparisons of our calls with the PBX's calls report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class ReconcileRun(db.Model):  # type: ignore[name-defined]
    """One comparison of the calls that began in [`from_at`, `till_at`).

    `kind`: periodic, nightly, command or repair. Of `rows` in the report `known` were ours,
    `taken_in` were not; of the known ones `completed` got something that was missing.
    `error` is a code when it was broken off; what was compared until then stays.
    """

    __tablename__ = "reconcile_run"
    __table_args__ = (Index("ix_reconcile_run_started", "integration_id", "started_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    kind: Mapped[str] = mapped_column(String(10))
    from_at: Mapped[datetime] = mapped_column(Moment)
    till_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    rows: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    taken_in: Mapped[int] = mapped_column(default=0)
    completed: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(60))
