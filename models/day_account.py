"""Days of an integration whose calls were all counted, and repairs of days that lacked some."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db

UNFINISHED = "state != 'finished'"


class DayAccount(db.Model):  # type: ignore[name-defined]
    """The count of a day that is over and was compared; it outlives the calls themselves."""

    __tablename__ = "day_account"

    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    written: Mapped[int]
    skipped: Mapped[int]
    waiting: Mapped[int]
    failed: Mapped[int]
    in_report: Mapped[int]
    from_report: Mapped[int]
    counted_at: Mapped[datetime] = mapped_column(Moment)


class DayRepair(db.Model):  # type: ignore[name-defined]
    """One press of "repair the rest": compare the day anew, then replay what was set aside.

    `state`: comparing, replaying, finished; `error` is why it could not be compared. `rows`,
    `known`, `taken_in`, `completed` are what the comparison found, `replayed` how many calls were
    carried out again, `rest` how many calls of the day were still open at the end.
    """

    __tablename__ = "day_repair"
    __table_args__ = (
        Index(
            "uq_day_repair_unfinished",
            "integration_id",
            unique=True,
            postgresql_where=text(UNFINISHED),
            sqlite_where=text(UNFINISHED),
        ),
        Index("ix_day_repair_day", "integration_id", "day", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    day: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="comparing")
    author: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    replay_run_id: Mapped[int | None] = mapped_column(BigId)
    rows: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    taken_in: Mapped[int] = mapped_column(default=0)
    completed: Mapped[int] = mapped_column(default=0)
    replayed: Mapped[int] = mapped_column(default=0)
    rest: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(60))
    lease_token: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
