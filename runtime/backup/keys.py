"""The keys of an instance in a backup: sealed under a passphrase, or kept apart.

Without the encryption keys a database is worth little: the vendors' keys in it cannot be read, and
neither can the key of our references, without which everything would be made in the CRM again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from runtime.backup.archive import BadBackup

MEMBER = "keys.sealed"
COST = 2**16  # about 64 MB and a tenth of a second for each guess
SHORTEST_PASSPHRASE = 12
PROBE = "backup"


@dataclass(frozen=True)
class Keys:
    """Session keys and encryption keys, newest first."""

    secret_keys: tuple[str, ...] = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)


def names(encryption_keys: tuple[str, ...]) -> list[str]:
    """What tells encryption keys apart without giving them away; they are random, 256 bits."""
    return [hashlib.sha256(f"name|{key}".encode()).hexdigest()[:12] for key in encryption_keys]


def probes(encryption_keys: tuple[str, ...]) -> list[str]:
    return [Fernet(key).encrypt(PROBE.encode()).decode() for key in encryption_keys]


def opens_all(encryption_keys: tuple[str, ...], sealed: list[str]) -> bool:
    """Whether with these keys everything in the database can be opened."""
    return all(any(_opens(key, each) for key in encryption_keys) for each in sealed)


def seal(keys: Keys, passphrase: str) -> str:
    salt = secrets.token_bytes(16)
    plain = json.dumps({"secret": keys.secret_keys, "encryption": keys.encryption_keys})
    sealed = Fernet(_derive(passphrase, salt, COST)).encrypt(plain.encode()).decode()
    return json.dumps({"kdf": "scrypt", "cost": COST, "salt": salt.hex(), "sealed": sealed})


def unseal(text: str, passphrase: str) -> Keys:
    """The keys again. Raises BadBackup for a wrong passphrase."""
    try:
        told = json.loads(text)
        cost = min(int(told["cost"]), COST * 16)
        cipher = Fernet(_derive(passphrase, bytes.fromhex(told["salt"]), cost))
        plain = json.loads(cipher.decrypt(told["sealed"].encode()))
    except (InvalidToken, ValueError, KeyError) as error:
        raise BadBackup("the passphrase does not open the keys of this backup") from error
    return Keys(tuple(plain["secret"]), tuple(plain["encryption"]))


def _derive(passphrase: str, salt: bytes, cost: int) -> bytes:
    derived = Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())
    return urlsafe_b64encode(derived)


def _opens(key: str, sealed: str) -> bool:
    try:
        return Fernet(key).decrypt(sealed.encode()) == PROBE.encode()
    except (InvalidToken, ValueError):
        return False
