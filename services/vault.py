"""Encryption of keys at rest, and the keyed hashes that stand for secrets and phones."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealError(Exception):
    """A stored secret cannot be opened with the encryption keys at hand."""


class Vault:
    """Seals with the newest key, opens with any (`ENCRYPTION_KEYS`, newest first).

    `read_again` gives the keys as they are now where they may change while we run: they are asked
    for before something is sealed, and when nothing fits.
    """

    def __init__(
        self, keys: Sequence[str], read_again: Callable[[], Sequence[str]] | None = None
    ) -> None:
        self._read_again = read_again
        self._keys: tuple[str, ...] = ()
        self._use(keys)

    @property
    def newest(self) -> str:
        return self._keys[0]

    def seal(self, text: str) -> str:
        self._refresh()
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises SealError if no key fits."""
        token = sealed.encode()
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken as error:
            if self._refresh():
                return self.open(sealed)
            raise SealError("ENCRYPTION_KEYS does not hold the key of this secret") from error

    def is_newest(self, sealed: str) -> bool:
        """Whether it was sealed with the key that seals today."""
        try:
            Fernet(self._keys[0]).decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def _use(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def _refresh(self) -> bool:
        """Take over keys that somebody has changed; False if they are the same."""
        keys = tuple(self._read_again()) if self._read_again else self._keys
        if not keys or keys == self._keys:
            return False
        self._use(keys)
        return True


def new_token() -> str:
    """32 random bytes for an address or a bearer key."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a random token; it needs no salt, having 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_hash(key: str, text: str) -> str:
    """32 hexadecimal digits that only the holder of `key` can make from `text`."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
