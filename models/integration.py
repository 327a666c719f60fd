"""An integration: one CallGear account joined to one Behomes account, and its settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BigId, Moment, db
from models.crm_account import CrmAccount


class Integration(db.Model):  # type: ignore[name-defined]
    """Columns ending in `_sealed` hold encrypted text (`services/vault.py`)."""

    __tablename__ = "integration"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Dubai")
    default_country: Mapped[str] = mapped_column(String(2), default="AE")
    locale: Mapped[str] = mapped_column(String(5), default="ru")
    created_at: Mapped[datetime] = mapped_column(Moment)
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    published_version: Mapped[int | None]
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)

    draft: Mapped[dict[str, Any] | None]
    # Grows with every change of the draft: two admins never overwrite each other silently.
    draft_revision: Mapped[int] = mapped_column(default=0)
    draft_author: Mapped[str | None] = mapped_column(String(200))
    draft_saved_at: Mapped[datetime | None] = mapped_column(Moment)
    # Step of the wizard -> visited or saved; a step that is not named was never opened.
    setup_progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # What the last test of each connection found: behomes, callgear.
    connection_checks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    live_check_at: Mapped[datetime | None] = mapped_column(Moment)
    nightly_sync: Mapped[bool] = mapped_column(default=False)

    behomes_base_url: Mapped[str] = mapped_column(String(300))
    behomes_key_sealed: Mapped[str] = mapped_column(Text)
    crm_account_row_id: Mapped[int] = mapped_column(ForeignKey("crm_account.id"), index=True)
    crm_read_at: Mapped[datetime | None] = mapped_column(Moment)
    crm_error: Mapped[str | None] = mapped_column(String(300))

    data_api_url: Mapped[str | None] = mapped_column(String(300))
    call_api_url: Mapped[str | None] = mapped_column(String(300))
    access_token_sealed: Mapped[str | None] = mapped_column(Text)
    media_hosts: Mapped[list[str]] = mapped_column(default=list)
    pbx_timezone: Mapped[str | None] = mapped_column(String(64))
    pbx_read_at: Mapped[datetime | None] = mapped_column(Moment)
    pbx_tried_at: Mapped[datetime | None] = mapped_column(Moment)
    pbx_error: Mapped[str | None] = mapped_column(String(300))

    # The comparison with the calls report: everything up to the watermark was compared; when it is
    # due next (None: now), when the days before were compared last, what went wrong last.
    reconciled_till: Mapped[datetime | None] = mapped_column(Moment)
    reconcile_next_at: Mapped[datetime | None] = mapped_column(Moment)
    nightly_reconciled_at: Mapped[datetime | None] = mapped_column(Moment)
    reconcile_error: Mapped[str | None] = mapped_column(String(60))

    webhook_secret_sealed: Mapped[str] = mapped_column(Text)
    require_secret: Mapped[bool] = mapped_column(default=False)
    sources: Mapped[list[str]] = mapped_column(default=list)
    # Origins of pages that may show the embedded pop-up.
    allowed_origins: Mapped[list[str]] = mapped_column(default=list)
    # Recordings: copies of ours are kept for so many days (None: none), the PBX deletes its own
    # after so many (None: nobody has said).
    keep_recordings_days: Mapped[int | None]
    pbx_recording_days: Mapped[int | None]
    # Kind of data -> days it is kept (rules/retention.py); what is not named has the usual time.
    kept_days: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    api_key_hash: Mapped[str] = mapped_column(String(64), unique=True)

    crm_account: Mapped[CrmAccount] = relationship(lazy="joined")

    @property
    def phone_zone(self) -> str:
        """The zone in which the PBX writes its times."""
        return self.pbx_timezone or self.timezone


# A deleted integration keeps its row for a while; nothing may work on it or show it. Every query
# that looks for integrations asks for this.
LIVE = Integration.deleted_at.is_(None)


class WebhookToken(db.Model):  # type: ignore[name-defined]
    """The secret part of a webhook address. It is found by its hash; the sealed copy lets the
    admin read the address again. Two overlap while rotating."""

    __tablename__ = "webhook_token"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    # To the minute: it is written beside the acknowledgement (`services/token_uses.py`).
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)


class SettingsVersion(db.Model):  # type: ignore[name-defined]
    """One published version of the settings document; never changed afterwards."""

    __tablename__ = "settings_version"
    __table_args__ = (UniqueConstraint("integration_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]]
    author: Mapped[str | None] = mapped_column(String(200))
    published_at: Mapped[datetime] = mapped_column(Moment)
