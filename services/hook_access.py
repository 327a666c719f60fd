"""Whose webhook address it is: tokens and secrets, kept for some seconds."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from time import monotonic

from sqlalchemy import or_, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from models import Integration, WebhookToken
from models.base import now_ms, reading
from models.integration import LIVE
from services.token_uses import TokenUses
from services.vault import Vault, token_hash

FRESH_SECONDS = 5.0
MOST_KEPT = 10_000


@dataclass(frozen=True)
class Door:
    """What a known token opens."""

    integration_id: int
    secret: str
    require_secret: bool
    sources: tuple[str, ...]
    token_id: int = 0

    def admits(self, secret: str | None) -> bool:
        """A secret that is there and wrong never passes; an absent one does unless required."""
        if secret is None:
            return not self.require_secret
        return hmac.compare_digest(secret.encode(), self.secret.encode())

    def admits_source(self, address: str | None) -> bool:
        """Whether a request may come from this address; without a list from any."""
        if not self.sources:
            return True
        try:
            known = ip_address(address or "")
        except ValueError:
            return False
        return any(known in ip_network(source, strict=False) for source in self.sources)


class HookAccess:
    """Looks tokens up. A known one is remembered, so that acknowledging costs no query, and still
    known while the database is away; an unknown one is asked for each time."""

    def __init__(self, engine: Engine, vault: Vault, uses: TokenUses | None = None) -> None:
        self._engine = engine
        self._vault = vault
        self._uses = uses
        self._doors: dict[str, tuple[float, Door]] = {}

    def find(self, token: str) -> Door | None:
        """The door of a token. Raises SQLAlchemyError if it is not remembered and the database
        cannot be asked."""
        door = self._remembered(token_hash(token))
        if door is not None and self._uses is not None:
            self._uses.note(door.token_id)
        return door

    def remembered(self, token: str, *, seconds: float = FRESH_SECONDS) -> Door | None:
        """The door of a token if it was read so many seconds ago; never asks the database."""
        at, door = self._doors.get(token_hash(token), (0.0, None))
        return door if monotonic() - at < seconds else None

    def _remembered(self, hashed: str) -> Door | None:
        at, door = self._doors.get(hashed, (0.0, None))
        if door is not None and monotonic() - at < FRESH_SECONDS:
            return door
        try:
            found = self._read(hashed)
        except SQLAlchemyError:
            if door is None:
                raise
            return door
        if found is None:
            self._doors.pop(hashed, None)
        elif len(self._doors) < MOST_KEPT or hashed in self._doors:
            self._doors[hashed] = (monotonic(), found)
        return found

    def forget(self) -> None:
        """Look everything up again: an address was switched off. Other processes of the server
        know it `FRESH_SECONDS` later."""
        self._doors.clear()

    def _read(self, hashed: str) -> Door | None:
        is_valid = or_(WebhookToken.expires_at.is_(None), WebhookToken.expires_at > now_ms())
        query = (
            select(
                Integration.id,
                Integration.webhook_secret_sealed,
                Integration.require_secret,
                Integration.sources,
                WebhookToken.id.label("token_id"),
            )
            .join(WebhookToken, WebhookToken.integration_id == Integration.id)
            .where(WebhookToken.token_hash == hashed, is_valid, LIVE)
        )
        with reading(), self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        secret = self._vault.open(row.webhook_secret_sealed)
        return Door(row.id, secret, row.require_secret, tuple(row.sources), row.token_id)
