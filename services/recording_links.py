"""Our own signed links to recordings: what the CRM's history carries instead of the PBX's link."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from models.base import from_ms, to_ms

SALT = b"recording-link|"


@dataclass(frozen=True)
class RecordingLink:
    """Which recording of which call, and until when the link opens without a login."""

    session_row_id: int
    record: str
    made_at: datetime


def record_id(url: str) -> str:
    """A short name of a recording that does not tell its address."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def sign(link: RecordingLink, secret_key: str) -> str:
    """A text for an address. The same link always gives the same text."""
    payload = f"{link.session_row_id}.{link.record}.{to_ms(link.made_at) // 1000}".encode()
    return f"{_encode(payload)}.{_encode(_mac(payload, secret_key))}"


def read(signed: str, *secret_keys: str) -> RecordingLink | None:
    """The link again, signed with any of these keys; None if a single sign of it was changed."""
    return next(filter(None, (_read(signed, key) for key in secret_keys)), None)


def _read(signed: str, secret_key: str) -> RecordingLink | None:
    payload_text, _, mac_text = signed.partition(".")
    try:
        payload, mac = _decode(payload_text), _decode(mac_text)
        is_ours = hmac.compare_digest(mac, _mac(payload, secret_key))
        row_id, record, seconds = payload.decode().split(".")
        link = RecordingLink(int(row_id), record, from_ms(int(seconds) * 1000))
    except (ValueError, UnicodeError, OverflowError):
        return None
    # Base64 has several spellings of one text: only our own is accepted.
    return link if is_ours and sign(link, secret_key) == signed else None


def _mac(payload: bytes, secret_key: str) -> bytes:
    return hmac.new(secret_key.encode(), SALT + payload, hashlib.sha256).digest()[:18]


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
