"""What the CRM shows of what the ledger says is there: runs of the audit, and what they found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db

IS_RUNNING = "state = 'running'"


class AuditRun(db.Model):  # type: ignore[name-defined]
    """One audit of the ledger of the calls that began in [`from_at`, `till_at`).

    `kind`: nightly, command or page. `state`: running, finished or aborted (`error` is a code;
    what was concluded until then stays). `phase` is calls, then findings; `position_at` and
    `position_id` are the last call, then the last finding that is done with.
    """

    __tablename__ = "audit_run"
    __table_args__ = (
        Index(
            "uq_audit_run_running",
            "integration_id",
            "kind",
            unique=True,
            postgresql_where=text(IS_RUNNING),
            sqlite_where=text(IS_RUNNING),
        ),
        Index("ix_audit_run_started", "integration_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    from_at: Mapped[datetime] = mapped_column(Moment)
    till_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    phase: Mapped[str] = mapped_column(String(10), default="calls")
    position_at: Mapped[datetime | None] = mapped_column(Moment)
    position_id: Mapped[int] = mapped_column(BigId, default=0)
    checked: Mapped[int] = mapped_column(default=0)
    present: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    doubled: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)  # failures in a row
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    error: Mapped[str | None] = mapped_column(String(60))
    lease_token: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)


class AuditFinding(db.Model):  # type: ignore[name-defined]
    """One write of which the CRM holds none or several.

    `problem`: lost or doubled; `crm_id` is the one that we use, `ids` all that carry our reference.
    `state`: open; asked (a person had it made again); resolved (a later audit found one); gone (a
    person said that it was deleted on purpose, or the CRM did); accepted (a person leaves the
    several as they are: open again when they change).
    """

    __tablename__ = "audit_finding"
    __table_args__ = (
        UniqueConstraint("ledger_key"),
        Index("ix_audit_finding_state", "integration_id", "state", "id"),
        Index("ix_audit_finding_session", "session_row_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    session_row_id: Mapped[int] = mapped_column(ForeignKey("call_session.id", ondelete="CASCADE"))
    ledger_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    problem: Mapped[str] = mapped_column(String(10))
    crm_id: Mapped[str | None] = mapped_column(String(100))
    ids: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(String(10), default="open")
    seen_at: Mapped[datetime] = mapped_column(Moment)
    checked_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    by: Mapped[str | None] = mapped_column(String(200))
