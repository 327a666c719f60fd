"""Take a notification in: read it, check its secret, store it durably. No network, no ORM."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from enum import StrEnum

from clients.notifications import UnreadableError, read
from models.notification import IGNORED, PENDING, REJECTED
from services.hook_access import Door
from services.inbox import Inbox
from services.saying import about_call

logger = logging.getLogger(__name__)
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Receipt(StrEnum):
    """What became of a notification; `REFUSED` ones are not stored."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    REJECTED = "rejected"
    REFUSED = "refused"


@dataclass(frozen=True)
class Unread:
    """Why a notification could not be read; it is kept for a person."""

    code: str
    message: str


def receive(
    inbox: Inbox, door: Door, body: bytes, content_type: str | None, query: bytes
) -> tuple[Receipt, Unread | None]:
    """Store one notification. Raises NotStored while the database cannot take it."""
    try:
        reading = read(body, content_type, query)
    except UnreadableError as error:
        return _keep_unreadable(inbox, door, body or query, error)
    if not door.admits(reading.secret):
        return Receipt.REFUSED, None
    event = reading.event
    is_used = event.is_used
    row = (
        door.integration_id,
        event.key,
        event.kind,
        event.call_session_id,
        PENDING if is_used else IGNORED,
        encode(event.members),
        None if is_used else _text(body or query, door),
        None,
    )
    is_new = inbox.store(row)
    used = Receipt.ACCEPTED if is_used else Receipt.IGNORED
    receipt = used if is_new else Receipt.DUPLICATE
    _say(door, receipt, event.kind, event.call_session_id)
    return receipt, None


def _keep_unreadable(
    inbox: Inbox, door: Door, raw: bytes, error: UnreadableError
) -> tuple[Receipt, Unread | None]:
    """Keep what cannot be read. Where a secret is demanded, none came."""
    if door.require_secret:
        return Receipt.REFUSED, None
    key = "unreadable-" + hashlib.sha256(raw).hexdigest()[:48]
    inbox.store((door.integration_id, key, "", None, REJECTED, "{}", _text(raw, door), error.code))
    _say(door, Receipt.REJECTED, error.code, None)
    return Receipt.REJECTED, Unread(error.code, str(error))


def _say(door: Door, receipt: Receipt, what: str, call_session_id: str | None) -> None:
    """One line for each notification; never its body."""
    with about_call(door.integration_id, call_session_id):
        logger.info("notification %s: %s", what, receipt)


def _text(raw: bytes, door: Door) -> str:
    """Raw bytes as text that every database takes, without our secret."""
    text = raw.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text.replace(door.secret, "***")
