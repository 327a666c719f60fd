"""The ledger: one row per intended CRM write, under a unique business key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class CrmWrite(db.Model):  # type: ignore[name-defined]
    """`ledger_key` comes from business identity and carries its scope: the CRM account for
    clients, the integration for the rest. `reference` is what the CRM stores as external_id.

    `contact` finds what was made for one person: creates of a client by the keyed hash of the
    phone, tasks by client or phone; it carries its scope like the key.
    """

    __tablename__ = "crm_write"
    __table_args__ = (
        Index("ix_crm_write_session", "session_row_id"),
        Index("ix_crm_write_contact", "contact"),
        # Rows are changed some times soon after they are made: there is room for that in the page.
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ledger_key: Mapped[str] = mapped_column(String(200), unique=True)
    reference: Mapped[str] = mapped_column(String(64), index=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    session_row_id: Mapped[int] = mapped_column(ForeignKey("call_session.id"))
    kind: Mapped[str] = mapped_column(String(20))
    contact: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(10), default="planned")
    body: Mapped[dict[str, Any]]
    # What `body` still lacks: entity -> {"id"} or {"key"} of the write that makes it.
    links: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Texts whose template had variables without their final value.
    late: Mapped[list[Any]] = mapped_column(default=list)
    # Replayed: to be rendered anew with today's settings before it is sent.
    is_stale: Mapped[bool] = mapped_column(default=False)
    crm_id: Mapped[str | None] = mapped_column(String(100))
    revision: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)  # gone or closed in the CRM
    error: Mapped[dict[str, Any] | None]
    # When the audit last compared it with what the CRM shows under its reference.
    audited_at: Mapped[datetime | None] = mapped_column(Moment)
