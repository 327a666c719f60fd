"""Employees of the PBX, users of the CRM, the pairs of the two, and virtual numbers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, Moment, db


class EmployeeRow(db.Model):  # type: ignore[name-defined]
    """`phones` keeps the employee's order, active ones only."""

    __tablename__ = "employee"

    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    employee_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    full_name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(200))
    extension: Mapped[str | None] = mapped_column(String(20))
    phones: Mapped[list[str]] = mapped_column(default=list)
    status_id: Mapped[str | None] = mapped_column(String(40))


class CrmUserRow(db.Model):  # type: ignore[name-defined]
    """`gone` is set when a complete list of the CRM's users no longer holds him; `kept_apart`
    when an admin has said that no employee belongs to him. `told_at`: when what stands here was
    true, by a list or an event of the CRM; what is older never replaces it."""

    __tablename__ = "crm_user"

    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(200))
    extension: Mapped[str | None] = mapped_column(String(20))
    phones: Mapped[list[str]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    gone: Mapped[bool] = mapped_column(default=False)
    kept_apart: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[datetime | None] = mapped_column(Moment)


class UserMapping(db.Model):  # type: ignore[name-defined]
    __tablename__ = "user_mapping"
    __table_args__ = (
        UniqueConstraint("integration_id", "crm_user_id"),
        UniqueConstraint("integration_id", "employee_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    crm_user_id: Mapped[str] = mapped_column(String(100))
    employee_id: Mapped[str] = mapped_column(String(40))


class VirtualNumberRow(db.Model):  # type: ignore[name-defined]
    __tablename__ = "virtual_number"

    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
