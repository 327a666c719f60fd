"""A call session: what is known of it, where it stands, when it is due; and its trace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db

UNFINISHED = "state = 'waiting' OR next_at IS NOT NULL OR report_at IS NOT NULL"


class CallSession(db.Model):  # type: ignore[name-defined]
    """`next_at` is set exactly while there is work that can be done, now or at that time.

    `facts` is what `rules/facts.py` folded last; the columns beside it repeat what lists and
    filters need. `created` holds the CRM's ids: client_id, lead_id, deal_id, task_id.
    """

    __tablename__ = "call_session"
    __table_args__ = (
        UniqueConstraint("integration_id", "call_session_id"),
        Index("ix_call_session_started", "integration_id", "started_at"),
        Index("ix_call_session_client", "integration_id", "client_phone", "started_at"),
        Index(
            "ix_call_session_failed",
            "integration_id",
            "started_at",
            "id",
            postgresql_where=text("state = 'failed'"),
            sqlite_where=text("state = 'failed'"),
        ),
        Index(
            "ix_call_session_due",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
        Index(
            "ix_call_session_close",
            "close_at",
            postgresql_where=text("close_at IS NOT NULL"),
            sqlite_where=text("close_at IS NOT NULL"),
        ),
        Index(
            "ix_call_session_report",
            "report_at",
            postgresql_where=text("report_at IS NOT NULL"),
            sqlite_where=text("report_at IS NOT NULL"),
        ),
        Index(
            "ix_call_session_unfinished",
            "integration_id",
            postgresql_where=text(UNFINISHED),
            sqlite_where=text(UNFINISHED),
        ),
        Index(
            "ix_call_session_promise",
            "integration_id",
            postgresql_where=text("is_promise_due"),
            # As queries say it there, or it is not seen to fit.
            sqlite_where=text("is_promise_due = 1"),
        ),
        # Whole calls by age, for the job that takes their data out.
        Index(
            "ix_call_session_whole",
            "integration_id",
            "started_at",
            postgresql_where=text("erased_at IS NULL"),
            sqlite_where=text("erased_at IS NULL"),
        ),
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    call_session_id: Mapped[str] = mapped_column(String(64))
    settings_version: Mapped[int | None]
    # The decisions that stand have this number: a replay with today's settings asks for the next.
    decision_number: Mapped[int] = mapped_column(default=1)
    # After a replay: the version with which what is sent is rendered; the decision stays.
    render_version: Mapped[int | None]
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)

    started_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    direction: Mapped[str | None] = mapped_column(String(10))
    outcome: Mapped[str | None] = mapped_column(String(10))
    client_phone: Mapped[str | None] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Whose call it is: who finished it, else answered, else started it.
    employee_id: Mapped[str | None] = mapped_column(String(40))
    wait_seconds: Mapped[int | None]
    talk_seconds: Mapped[int | None]
    virtual_number: Mapped[str | None] = mapped_column(String(40))
    campaign: Mapped[str | None] = mapped_column(String(200))
    written_at: Mapped[datetime | None] = mapped_column(Moment)  # first time all stood in the CRM
    # From people, about this call: a note for the CRM's history, and what they asked for
    # ("client": {"by", "at", "responsible_user_id"}).
    note: Mapped[str | None] = mapped_column(Text)
    note_by: Mapped[str | None] = mapped_column(String(200))
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # What this call itself has made, as bits of `rules/vocabulary.py` MADE; `created` also holds
    # the client that was known and the task that a line was added to.
    made: Mapped[int] = mapped_column(default=0, server_default="0")
    client: Mapped[dict[str, Any] | None]  # id, name, responsible_user_id, url as decided with

    state: Mapped[str] = mapped_column(String(10), default="waiting")
    state_reason: Mapped[str | None] = mapped_column(String(40))
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    close_at: Mapped[datetime | None] = mapped_column(Moment)  # the 4-hour rule
    closed: Mapped[bool] = mapped_column(default=False)  # by that rule
    # Grows with every new event; `folded_version` is the one that the facts stand for.
    events_version: Mapped[int] = mapped_column(default=1)
    folded_version: Mapped[int] = mapped_column(default=0)
    lookup_tries: Mapped[int] = mapped_column(default=0)
    looked_up: Mapped[int] = mapped_column(default=0)  # bits: first due, repeat due

    # It ended, or its end says something else now: call-backs of its client are to be worked out.
    is_promise_due: Mapped[bool] = mapped_column(default=False)

    # Of the calls report: whether this call was seen in it, and whether only it told of the call.
    in_report: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    from_report: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    report: Mapped[dict[str, Any] | None]  # its row of the calls report, in our words
    report_at: Mapped[datetime | None] = mapped_column(Moment)  # when to read it
    report_tries: Mapped[int] = mapped_column(default=0)

    # What tells of a person is gone (services/wipe_calls.py): an id remains, so that what comes
    # again is known. Nothing is ever written for such a call.
    erased_at: Mapped[datetime | None] = mapped_column(Moment)

    lease_token: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    suspicion: Mapped[int] = mapped_column(default=0)  # leases that ended without a word
    crashes: Mapped[int] = mapped_column(default=0)  # errors of our own while working on it


class TraceEntry(db.Model):  # type: ignore[name-defined]
    """One line of the answer to "why?": a reason code with its values."""

    __tablename__ = "trace_entry"
    __table_args__ = (Index("ix_trace_entry_session", "session_row_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_row_id: Mapped[int] = mapped_column(ForeignKey("call_session.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    code: Mapped[str] = mapped_column(String(40))
    values: Mapped[dict[str, Any]]
