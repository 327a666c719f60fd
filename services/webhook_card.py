"""What an admin needs to set up the notifications: bodies to paste, and what has come so far."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.callgear_templates import TEMPLATES
from models import Integration, Notification
from models.base import now_ms
from models.notification import REJECTED
from services.hook_access import HookAccess
from services.inbox import Inbox, NotStored
from services.last_signs import last_received
from services.ports import Ports
from services.receive import Receipt, receive
from services.shown_keys import open_or_empty
from services.webhook_addresses import token_in_force

MASK = "••••••••"
NAMED_EVENT = re.compile(r'"event"\s*:\s*"([a-z_]{1,40})"')
REJECTED_SEEN = 20
RECENT_MS = int(timedelta(hours=24).total_seconds() * 1000)
TEST_EVENT = "connection_test"
KINDS = tuple(str(template.kind) for template in TEMPLATES)


@dataclass(frozen=True)
class Wanted:
    """One notification to set up; `masked` is its body without the secret."""

    kind: str
    name: str
    type_en: str
    type_ru: str
    body: str
    masked: str


@dataclass(frozen=True)
class Rejected:
    """A notification that could not be read; `kind` is "" where it does not tell its event."""

    kind: str
    at: datetime
    error: str


@dataclass(frozen=True)
class Received:
    """What has come: kind -> the last moment, and what could not be read within a day."""

    at: Mapping[str, datetime]
    rejected: Sequence[Rejected]

    @property
    def is_complete(self) -> bool:
        return all(kind in self.at for kind in KINDS)

    @property
    def seen(self) -> str:
        """Changes whenever something comes."""
        parts = (sorted(self.at.items()), [(each.at, each.kind) for each in self.rejected])
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def rejected_of(self, kind: str) -> Rejected | None:
        """The last one of this event that could not be read, if nothing good came after it."""
        found = next((each for each in self.rejected if each.kind == kind), None)
        is_over = found is not None and kind in self.at and self.at[kind] > found.at
        return None if is_over else found


def wanted_notifications(integration: Integration, ports: Ports) -> list[Wanted]:
    """The eight notifications with their bodies, as CallGear takes them."""
    secret = open_or_empty(ports.vault, integration.webhook_secret_sealed)
    return [
        Wanted(
            str(each.kind),
            each.name,
            each.type_en,
            each.type_ru,
            each.body(secret),
            each.body(MASK),
        )
        for each in TEMPLATES
    ]


def read_received(session: Session, integration_id: int) -> Received:
    return Received(
        last_received(session, integration_id, KINDS), _rejected(session, integration_id)
    )


def _rejected(session: Session, integration_id: int) -> list[Rejected]:
    rows = session.execute(
        select(Notification.received_at, Notification.error, Notification.raw, Notification.state)
        .where(
            Notification.integration_id == integration_id,
            Notification.kind == "",
            Notification.received_at > now_ms() - RECENT_MS,
        )
        .order_by(Notification.received_at.desc())
        .limit(REJECTED_SEEN)
    )
    return [
        Rejected(event_named_in(row.raw), row.received_at, row.error or "")
        for row in rows
        if row.state == REJECTED
    ]


def event_named_in(raw: str | None) -> str:
    """The event that an unreadable body names, if one of ours."""
    found = NAMED_EVENT.search(raw or "")
    return found[1] if found and found[1] in KINDS else ""


@dataclass(frozen=True)
class Trial:
    """What became of a test notification: how it was received, and after how long."""

    receipt: Receipt | None
    ms: int

    @property
    def ok(self) -> bool:
        return self.receipt is Receipt.IGNORED


def send_test(
    session: Session, integration_id: int, ports: Ports, access: HookAccess, inbox: Inbox
) -> Trial | None:
    """Let a notification in by the address in force, as if it had come from CallGear; its event is
    one that we do not use, so that nothing is made of it. None if the address is not known here.

    It proves that the address leads to this integration, that the secret fits and that the
    database takes it; not that CallGear can reach us.
    """
    token = token_in_force(session, integration_id, ports)
    session.rollback()  # the inbox writes on a connection of its own
    if token is None:
        return None
    began = perf_counter()
    door = access.find(token)
    if door is None:
        return Trial(None, 0)
    now = datetime.now(UTC).isoformat(" ", "microseconds")
    body = {"event": TEST_EVENT, "secret": door.secret, "notification_time": now}
    try:
        receipt, _unread = receive(inbox, door, json.dumps(body).encode(), "application/json", b"")
    except NotStored:
        return Trial(None, 0)
    return Trial(receipt, round((perf_counter() - began) * 1000))
