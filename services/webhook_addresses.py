"""The webhook addresses of an integration: shown again, replaced with an overlap, switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models import WebhookToken
from models.base import now_ms
from rules.audit import Change
from services.audit_log import record
from services.integrations import database_now, locked
from services.ports import Ports
from services.vault import SealError, new_token, token_hash

OVERLAP_HOURS = (1, 24, 72)


@dataclass(frozen=True)
class Address:
    """`url` is None for an address made before a copy was kept: it works, but cannot be shown.
    `ends_at` is None for the address in force."""

    id: int
    url: str | None
    created_at: datetime
    ends_at: datetime | None
    last_used_at: datetime | None

    @property
    def manager_url(self) -> str | None:
        return f"{self.url}/manager" if self.url else None


def read_addresses(session: Session, integration_id: int, ports: Ports) -> Sequence[Address]:
    """The addresses that work now: the one in force first, then those that end soon."""
    rows = session.scalars(
        select(WebhookToken)
        .where(WebhookToken.integration_id == integration_id, _works())
        .order_by(WebhookToken.expires_at.is_not(None), WebhookToken.id.desc())
    )
    return [_address(row, ports) for row in rows]


def rotate(session: Session, integration_id: int, ports: Ports, *, overlap_hours: int) -> None:
    """Make a new address; the one in force works for `overlap_hours` more, so that notifications
    are changed one by one and none is lost. Older ones keep their own end. Of two at the same
    moment the second replaces the first one's address: one is in force."""
    locked(session, integration_id)
    token, now = new_token(), database_now(session)
    in_force = select(WebhookToken).where(
        WebhookToken.integration_id == integration_id, WebhookToken.expires_at.is_(None)
    )
    for row in session.scalars(in_force):
        row.expires_at = now + timedelta(hours=overlap_hours)
    session.add(
        WebhookToken(
            integration_id=integration_id,
            token_hash=token_hash(token),
            token_sealed=ports.vault.seal(token),
            created_at=now,
        )
    )
    record(session, Change.WEBHOOK_ROTATED, integration_id, hours=overlap_hours)
    session.commit()


def switch_off(session: Session, integration_id: int, address_id: int) -> bool:
    """End an old address now; False if there is none of this id that is about to end."""
    row = session.scalar(
        select(WebhookToken).where(
            WebhookToken.id == address_id,
            WebhookToken.integration_id == integration_id,
            WebhookToken.expires_at > now_ms(),
        )
    )
    if row is not None:
        row.expires_at = database_now(session)
        record(session, Change.WEBHOOK_OFF, integration_id)
    session.commit()
    return row is not None


def token_in_force(session: Session, integration_id: int, ports: Ports) -> str | None:
    """The secret part of the address in force; None if only its hash is known."""
    row = session.scalars(
        select(WebhookToken)
        .where(WebhookToken.integration_id == integration_id, WebhookToken.expires_at.is_(None))
        .order_by(WebhookToken.id.desc())
    ).first()
    return _token(row, ports) if row else None


def _address(row: WebhookToken, ports: Ports) -> Address:
    token = _token(row, ports)
    url = f"{ports.public_base_url}/hooks/{token}" if token else None
    return Address(row.id, url, row.created_at, row.expires_at, row.last_used_at)


def _token(row: WebhookToken, ports: Ports) -> str | None:
    try:
        return ports.vault.open(row.token_sealed) if row.token_sealed else None
    except SealError:
        return None


def _works() -> ColumnElement[bool]:
    return or_(WebhookToken.expires_at.is_(None), WebhookToken.expires_at > now_ms())
