"""The index of clients: who a number belongs to in the CRM, and who looks after him."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class KnownClient(db.Model):  # type: ignore[name-defined]
    """One number of a CRM account. `client_id` None: at `read_at` nobody had it.

    `source`: call (a call's own look-up or create), event (told by the CRM), refresh (read from
    its list), manager (asked while a caller waited). An older reading never replaces a newer one.
    """

    __tablename__ = "known_client"
    __table_args__ = (
        Index("ix_known_client_client", "crm_account_row_id", "client_id"),
        Index(
            "ix_known_client_nobody",
            "read_at",
            postgresql_where=text("client_id IS NULL"),
            sqlite_where=text("client_id IS NULL"),
        ),
    )

    crm_account_row_id: Mapped[int] = mapped_column(
        ForeignKey("crm_account.id", ondelete="CASCADE"), primary_key=True
    )
    phone: Mapped[str] = mapped_column(String(40), primary_key=True)  # E.164, or raw digits
    client_id: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str | None] = mapped_column(String(300))
    responsible_user_id: Mapped[str | None] = mapped_column(String(100))
    url: Mapped[str | None] = mapped_column(String(1000))
    open_leads: Mapped[list[Any]] = mapped_column(default=list)
    open_deals: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime | None] = mapped_column(Moment)  # of the client in the CRM
    read_at: Mapped[datetime] = mapped_column(Moment)
    source: Mapped[str] = mapped_column(String(10))


class ManagerAnswer(db.Model):  # type: ignore[name-defined]
    """One answer to the PBX's question for a personal manager, with its reason and its time."""

    __tablename__ = "manager_answer"
    __table_args__ = (
        Index("ix_manager_answer_at", "integration_id", "at"),
        Index("ix_manager_answer_phone", "integration_id", "phone"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    call_session_id: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str | None] = mapped_column(String(40))
    virtual_number: Mapped[str | None] = mapped_column(String(40))
    client_id: Mapped[str | None] = mapped_column(String(100))
    user_id: Mapped[str | None] = mapped_column(String(100))
    phones: Mapped[list[Any]] = mapped_column(default=list)
    returned_code: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(40))
    source: Mapped[str | None] = mapped_column(String(10))  # index, crm, old_index
    milliseconds: Mapped[int]


class CrmEvent(db.Model):  # type: ignore[name-defined]
    """What the CRM told us has changed; by `event_id` once. `handled_at` None: still to do; with
    an `error` too: set aside after `tries`."""

    __tablename__ = "crm_event"
    __table_args__ = (
        Index("uq_crm_event", "integration_id", "event_id", unique=True),
        Index("ix_crm_event_received", "integration_id", "received_at"),
        Index(
            "ix_crm_event_due",
            "integration_id",
            "occurred_at",
            postgresql_where=text("handled_at IS NULL"),
            sqlite_where=text("handled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    event_id: Mapped[str] = mapped_column(String(100))
    type: Mapped[str] = mapped_column(String(40))
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment)
    handled_at: Mapped[datetime | None] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(200))
    data: Mapped[dict[str, Any]]


class AddressBookEntry(db.Model):  # type: ignore[name-defined]
    """What we have written into the PBX's address book for one number: which employee is its
    personal manager there (None: none any more). `error` stays until something else is to be
    written; after `tries` the same is not tried again."""

    __tablename__ = "address_book_entry"

    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    phone: Mapped[str] = mapped_column(String(40), primary_key=True)
    contact_id: Mapped[str | None] = mapped_column(String(40))
    employee_id: Mapped[str | None] = mapped_column(String(40))
    written_at: Mapped[datetime | None] = mapped_column(Moment)
    wanted: Mapped[str | None] = mapped_column(String(40))  # the employee who could not be written
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(80))
