"""Signs of life: what each part of the system said last, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Moment, db


class Heartbeat(db.Model):  # type: ignore[name-defined]
    """`part` is upkeep, live or backup, `name` the host. `told` is what else it had to say: of
    upkeep when each of its tasks ended well last, of a backup its size and its duration."""

    __tablename__ = "heartbeat"

    part: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
