"""The CRM account: the scope of client keys, and the place of breaker and pace.

Until `GET account` has answered once, a provisional row stands for base URL and key; then
integrations with the same account share one row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class CrmAccount(db.Model):  # type: ignore[name-defined]
    """`breaker` is new (never answered), closed (all is well), open (the CRM is away) or key (the
    key was refused). Only while it is closed is anything written."""

    __tablename__ = "crm_account"
    __table_args__ = (UniqueConstraint("base_url", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    base_url: Mapped[str] = mapped_column(String(300))
    account_id: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str | None] = mapped_column(String(200))
    # Signs references and phone hashes. Never changed: they must be found again years later.
    reference_key_sealed: Mapped[str] = mapped_column(Text)
    # A backup was taken back then: of calls that began before, the CRM may hold more than we know.
    restored_at: Mapped[datetime | None] = mapped_column(Moment)

    per_second: Mapped[float] = mapped_column(default=2.0)
    burst: Mapped[float] = mapped_column(default=10.0)
    in_flight: Mapped[int] = mapped_column(default=4)
    tokens: Mapped[float] = mapped_column(default=10.0)
    refilled_at: Mapped[datetime] = mapped_column(Moment)
    slow_factor: Mapped[float] = mapped_column(default=1.0)
    slowed_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_until: Mapped[datetime | None] = mapped_column(Moment)

    # How far the index of clients has read the CRM's list, and the page where it goes on.
    clients_read_till: Mapped[datetime | None] = mapped_column(Moment)
    clients_read_at: Mapped[datetime | None] = mapped_column(Moment)
    clients_cursor: Mapped[dict[str, Any] | None]

    breaker: Mapped[str] = mapped_column(String(10), default="new")
    failures: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None] = mapped_column(Moment)
    probe_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[dict[str, Any] | None]
    verified_at: Mapped[datetime | None] = mapped_column(Moment)


class CrmLane(db.Model):  # type: ignore[name-defined]
    """How many requests one process has under way at an account; a lease, so a crash frees it."""

    __tablename__ = "crm_lane"

    crm_account_row_id: Mapped[int] = mapped_column(
        ForeignKey("crm_account.id", ondelete="CASCADE"), primary_key=True
    )
    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    in_flight: Mapped[int]
    leased_until: Mapped[datetime] = mapped_column(Moment)
