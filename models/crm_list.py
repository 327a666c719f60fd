"""Lists kept for pages and rules: the CRM's pipelines and custom fields, the PBX's statuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Moment, db


class CrmList(db.Model):  # type: ignore[name-defined]
    """`kind` is pipelines, fields:client, fields:lead, fields:deal, or statuses: those of the PBX,
    whose `fetched_at` is when the status of each employee was read last."""

    __tablename__ = "crm_list"

    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    rows: Mapped[list[Any]]
    fetched_at: Mapped[datetime] = mapped_column(Moment)
