"""Encrypted audio on the disk: written piece by piece, read from anywhere.

A file is a head (a key of its own, sealed by the vault) and pieces of 64 KiB, each with its nonce
and its mark (AES-256-GCM). A piece is bound to its file and its place, so that pieces cannot be
exchanged. A part of the audio is read without reading the rest; a file that was broken off goes on
after its last whole piece.
"""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.vault import SealError, Vault

MAGIC = b"rec1"
PIECE = 65_536
NONCE, MARK = 12, 16
SEALED_PIECE = NONCE + PIECE + MARK


class BrokenFile(Exception):
    """A file is missing, cut off, changed, or its key is not at hand."""


class RecordingWriter:
    """Writes a file in pieces; a context manager. `written` counts the bytes of audio that are
    safe in whole pieces, from which a download may go on."""

    def __init__(self, path: Path, name: str, vault: Vault) -> None:
        """Go on with the file at `path` if it is one of ours, else begin anew."""
        self._name, self._vault = name, vault
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        self._rest = bytearray()
        try:
            self._cipher, head = _read_head(self._file, vault)
        except BrokenFile:
            self.restart()
        else:
            whole = (os.fstat(descriptor).st_size - head) // SEALED_PIECE
            self._go_to(head, whole)

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def written(self) -> int:
        return self._pieces * PIECE

    def restart(self) -> None:
        """Forget what was written; the key too, for no nonce may meet two contents."""
        key = secrets.token_bytes(32)
        sealed = self._vault.seal(urlsafe_b64encode(key).decode()).encode()
        self._file.seek(0)
        self._file.truncate()
        self._file.write(MAGIC + len(sealed).to_bytes(2) + sealed)
        self._cipher = AESGCM(key)
        self._go_to(self._file.tell(), 0)

    def add(self, data: bytes) -> None:
        self._rest += data
        while len(self._rest) >= PIECE:
            self._write(bytes(self._rest[:PIECE]))
            del self._rest[:PIECE]

    def finish(self) -> int:
        """Write what is left, see it safe on the disk; the length of the audio."""
        size = self.written + len(self._rest)
        if self._rest:
            self._write(bytes(self._rest))
            self._rest.clear()
        self._file.flush()
        os.fsync(self._file.fileno())
        return size

    def _write(self, piece: bytes) -> None:
        nonce = secrets.token_bytes(NONCE)
        self._file.write(
            nonce + self._cipher.encrypt(nonce, piece, _place(self._name, self._pieces))
        )
        self._pieces += 1

    def _go_to(self, head: int, pieces: int) -> None:
        self._pieces = pieces
        self._rest.clear()
        self._file.truncate(head + pieces * SEALED_PIECE)
        self._file.seek(0, os.SEEK_END)


def read_audio(
    path: Path, name: str, vault: Vault, start: int, stop: int
) -> Generator[bytes, None, None]:
    """The bytes of the audio from `start` until just before `stop`. Raises BrokenFile."""
    try:
        with path.open("rb") as file:
            cipher, head = _read_head(file, vault)
            for index in range(start // PIECE, (stop - 1) // PIECE + 1):
                file.seek(head + index * SEALED_PIECE)
                piece = _open_piece(cipher, file.read(SEALED_PIECE), _place(name, index))
                begin = index * PIECE
                yield piece[max(0, start - begin) : stop - begin]
    except OSError as error:
        raise BrokenFile("the file cannot be read") from error


def reseal_head(path: Path, vault: Vault) -> bool:
    """Seal the key of this file anew in its place, with the newest key; False if it is so already.

    The head keeps its length, so the audio stays as it is, for those who read it just now too.
    Raises BrokenFile.
    """
    with path.open("r+b", buffering=0) as file:
        magic, length = file.read(len(MAGIC)), int.from_bytes(file.read(2))
        sealed = file.read(length)
        if magic != MAGIC or len(sealed) != length:
            raise BrokenFile("this is no recording of ours")
        if vault.is_newest(sealed.decode("ascii", "replace")):
            return False
        try:
            fresh = vault.seal(vault.open(sealed.decode())).encode()
        except (SealError, ValueError) as error:
            raise BrokenFile("the key of this recording is not at hand") from error
        assert len(fresh) == length
        file.seek(len(MAGIC) + 2)
        file.write(fresh)
        os.fsync(file.fileno())
    return True


def _read_head(file: BinaryIO, vault: Vault) -> tuple[AESGCM, int]:
    file.seek(0)
    magic, length = file.read(len(MAGIC)), int.from_bytes(file.read(2))
    sealed = file.read(length)
    if magic != MAGIC or len(sealed) != length:
        raise BrokenFile("this is no recording of ours")
    try:
        key = urlsafe_b64decode(vault.open(sealed.decode()))
    except (SealError, ValueError) as error:
        raise BrokenFile("the key of this recording is not at hand") from error
    return AESGCM(key), file.tell()


def _open_piece(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], place)
    except (InvalidTag, ValueError) as error:
        raise BrokenFile("the recording was changed or cut off") from error


def _place(name: str, index: int) -> bytes:
    return f"{name}|{index}".encode()
