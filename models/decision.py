"""What was decided for a call, once, with its reasons, before anything was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class Decision(db.Model):  # type: ignore[name-defined]
    """`kind` is contact or task. `number` is 1; a replay with today's settings adds the next."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("session_row_id", "kind", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_row_id: Mapped[int] = mapped_column(ForeignKey("call_session.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    number: Mapped[int] = mapped_column(default=1)
    decided_at: Mapped[datetime] = mapped_column(Moment)
    rule: Mapped[str] = mapped_column(String(40))
    contact: Mapped[str | None] = mapped_column(String(10))
    create: Mapped[str | None] = mapped_column(String(20))
    owner_rule: Mapped[str | None] = mapped_column(String(20))
    owner_user_id: Mapped[str | None] = mapped_column(String(100))
    fallback: Mapped[str | None] = mapped_column(String(40))
    client_id: Mapped[str | None] = mapped_column(String(100))
    actions: Mapped[list[Any]]
    reasons: Mapped[list[Any]]
