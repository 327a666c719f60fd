"""The file of a backup: members with their SHA-256, and a manifest as the last of them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1 << 20


class BadBackup(Exception):
    """The file is no backup of ours, was changed or cut off, or does not fit; the message says."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `probes` are words sealed with each encryption key, newest
    first: who can open all of them can read the secrets in the database."""

    made_at: str
    version: str
    revision: str
    database: str  # sqlite or postgresql
    rows: dict[str, int]
    recordings: int
    missing_recordings: int
    has_keys: bool
    key_names: list[str]
    probes: list[str]
    members: dict[str, dict[str, Any]] = field(default_factory=dict)  # name -> bytes, sha256
    format: int = FORMAT


class Writer:
    """Writes members one after the other into a file that exists only when it is whole."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file. Raises FileNotFoundError if it has gone."""
        with path.open("rb") as file:
            self._add(name, file, os.fstat(file.fileno()).st_size)

    def add_text(self, name: str, text: str) -> None:
        raw = text.encode()
        self._add(name, io.BytesIO(raw), len(raw))

    def finish(self, manifest: dict[str, Any]) -> Manifest:
        whole = Manifest(members=self.members, **manifest)
        self.add_text(MANIFEST, json.dumps(asdict(whole), indent=1))
        return whole

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        hashing = _Hashing(file)
        self._tar.addfile(entry, hashing)
        self.members[name] = {"bytes": size, "sha256": hashing.sha256.hexdigest()}


class _Hashing(io.RawIOBase):
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Write a backup to `path`: readable by its owner only, on the disk, and there at once."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def unpack(path: Path, folder: Path) -> Manifest:
    """Unpack all members into `folder` and check each. Raises BadBackup."""
    found: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(path, mode="r:") as tar:
            for entry in tar:
                target = folder / _safe(entry)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                source = tar.extractfile(entry)
                assert source is not None
                found[entry.name] = _copy(source, target)
        manifest = _read_manifest(folder)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadBackup(f"the file cannot be read as a backup: {error}") from error
    found.pop(MANIFEST, None)
    for name, told in manifest.members.items():
        if found.pop(name, None) != told:
            raise BadBackup(f"{name} is missing or was changed: its checksum differs")
    if found:
        raise BadBackup(f"{sorted(found)[0]} does not belong into this backup")
    return manifest


def _read_manifest(folder: Path) -> Manifest:
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if told.get("format") != FORMAT:
            raise BadBackup(f"format {told.get('format')} of backups is not known to this version")
        return Manifest(**told)
    except (FileNotFoundError, ValueError, TypeError, AttributeError) as error:
        raise BadBackup("the file has no readable manifest: it was cut off, or is another") from (
            error
        )


def _safe(entry: tarfile.TarInfo) -> str:
    """The name of a plain file below the folder; a hand-made archive may hold anything."""
    path = Path(entry.name)
    if not entry.isreg() or path.is_absolute() or ".." in path.parts:
        raise BadBackup(f"{entry.name!r} has no place in a backup")
    return entry.name


def _copy(source: IO[bytes], target: Path) -> dict[str, Any]:
    sha256, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while data := source.read(CHUNK):
            sha256.update(data)
            size += len(data)
            file.write(data)
    return {"bytes": size, "sha256": sha256.hexdigest()}
