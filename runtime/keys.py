"""Secrets made on the first start and kept in the instance folder, readable by the owner only."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path


def new_secret() -> str:
    return secrets.token_urlsafe(48)


def new_fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def read(path: Path) -> tuple[str, ...]:
    """The secrets of a file, newest first; none without one."""
    try:
        return tuple(path.read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return ()


def replace(path: Path, secrets_newest_first: Sequence[str]) -> None:
    """Write the file anew, whole and at once."""
    draft = _draft(path, "\n".join(secrets_newest_first))
    os.replace(draft, path)


def kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file, made if there is none. Two first starts at once agree on one."""
    if not path.exists():
        _write_once(path, make())
    return path.read_text(encoding="utf-8").strip()


def _write_once(path: Path, text: str) -> None:
    """Create the file whole or leave the one that somebody else has made meanwhile."""
    draft = _draft(path, text)
    try:
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _draft(path: Path, text: str) -> Path:
    """A file beside it, on the disk, for its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft
