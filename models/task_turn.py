"""Whose turn a periodic task is: of several hosts, one at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Moment, db


class TaskTurn(db.Model):  # type: ignore[name-defined]
    __tablename__ = "task_turn"

    task: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(32))
    held_until: Mapped[datetime] = mapped_column(Moment)
