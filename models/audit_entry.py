"""Who changed what: settings, keys, people, data. Rows are only added, and go by their age."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class AuditEntry(db.Model):  # type: ignore[name-defined]
    """`code` is a word of `rules/audit.py`, `area` the group that it belongs to; `values` say more
    without secrets, and phones by their last four digits only.

    `origin`: page, command or system; `who` is the e-mail at that time, or the user of the machine
    who gave the command. `integration_id` None: it concerns the whole server.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_integration", "integration_id", "id"),
        Index("ix_audit_entry_area", "area", "id"),
        Index("ix_audit_entry_who", "who", "id"),
        Index("ix_audit_entry_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    integration_id: Mapped[int | None] = mapped_column(ForeignKey("integration.id"))
    origin: Mapped[str] = mapped_column(String(10))
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id", ondelete="SET NULL"))
    who: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(64))
    area: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(40))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
