"""Copies of recordings that we keep, and who listened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class RecordingCopy(db.Model):  # type: ignore[name-defined]
    """A recording to keep. The audio lies encrypted in RECORDINGS_DIR under `file_name`.

    `state`: wanted, kept, failed (`error` says why) or expired (the file is gone).
    """

    __tablename__ = "recording_copy"
    __table_args__ = (UniqueConstraint("session_row_id", "record"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), index=True)
    session_row_id: Mapped[int] = mapped_column(ForeignKey("call_session.id", ondelete="CASCADE"))
    record: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    next_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(100))
    file_name: Mapped[str | None] = mapped_column(String(100))
    audio_type: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None]
    kept_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment, index=True)


class RecordingAccess(db.Model):  # type: ignore[name-defined]
    """Somebody played a recording: a login, or whoever held the link."""

    __tablename__ = "recording_access"
    __table_args__ = (
        Index("ix_recording_access_call", "integration_id", "call_session_id", "at"),
        Index("ix_recording_access_at", "integration_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    call_session_id: Mapped[str] = mapped_column(String(64))
    record: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id", ondelete="SET NULL"))
    who: Mapped[str | None] = mapped_column(String(200))  # e-mail at that time; None: by link
    address: Mapped[str | None] = mapped_column(String(64))
