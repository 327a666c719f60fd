"""A call that somebody asked for with one click. A dial is never repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class ClickCall(db.Model):  # type: ignore[name-defined]
    """`state`: asked (stored, the PBX not asked yet), sent (the request went out), dialing (the PBX
    took it), refused (by the PBX), unclear (no answer: it may ring or not) or blocked (by our
    rules). `progress` is what is known from the call itself: calling_employee, calling_client,
    talking, ended, failed. `answer` is the stored status and body for a repeated `request_id`."""

    __tablename__ = "click_call"
    __table_args__ = (
        UniqueConstraint("integration_id", "request_id"),
        Index("ix_click_call_asked", "integration_id", "asked_at"),
        Index("ix_click_call_session", "integration_id", "call_session_id"),
        Index("ix_click_call_phone", "integration_id", "phone"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    request_id: Mapped[str] = mapped_column(String(100))
    origin: Mapped[str] = mapped_column(String(10))  # api, console, history, callback, embed
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id", ondelete="SET NULL"))
    crm_user_id: Mapped[str | None] = mapped_column(String(100))
    employee_id: Mapped[str | None] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(40))
    virtual_number: Mapped[str | None] = mapped_column(String(40))
    links: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(10))
    progress: Mapped[str | None] = mapped_column(String(20))
    error: Mapped[str | None] = mapped_column(String(60))
    answer: Mapped[dict[str, Any] | None]
    call_session_id: Mapped[str | None] = mapped_column(String(64))
