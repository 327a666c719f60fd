"""The contact lock: one worker at a time per (CRM account, client phone)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Moment, db


class ContactLock(db.Model):  # type: ignore[name-defined]
    __tablename__ = "contact_lock"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    token: Mapped[str] = mapped_column(String(32))
    leased_until: Mapped[datetime] = mapped_column(Moment)
