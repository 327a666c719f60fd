"""Encryption of keys at rest, and the keyed hashes that stand for secrets and phones."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealError(Exception):
    """A stored secret cannot be opened with the encryption keys at hand."""


class Vault:
    """Seals with the newest key, opens with any (`ENCRYPTION_KEYS`, newest first)."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises SealError if no key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealError("ENCRYPTION_KEYS does not hold the key of this secret") from error


def new_token() -> str:
    """32 random bytes for an address or a bearer key."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a random token; it needs no salt, having 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_hash(key: str, text: str) -> str:
    """32 hexadecimal digits that only the holder of `key` can make from `text`."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
