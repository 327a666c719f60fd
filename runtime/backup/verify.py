"""Look whether a backup can be taken back, by unpacking all of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from runtime.backup import keys, postgres, sqlite
from runtime.backup.archive import BadBackup, Manifest, unpack
from runtime.config import Config
from runtime.migrate import FOLDER
from services.vault import SealError, Vault

PLAIN = {"sqlite": sqlite.MEMBER, "postgresql": postgres.MEMBER}


@dataclass(frozen=True)
class Opened:
    """An unpacked backup that is whole. `brought` are the keys that came with it; `fitting` open
    what is sealed in it: the brought ones, else those of this instance, None if neither do."""

    manifest: Manifest
    folder: Path
    database: Path
    fitting: keys.Keys | None
    brought: keys.Keys | None


@contextmanager
def opened(
    path: Path, config: Config, *, passphrase: str | None, beside: Path | None = None
) -> Iterator[Opened]:
    """Unpack a backup and check all of it: checksums, every page of the database, its schema, the
    keys. `beside`: the folder on whose disk it is to lie. Raises BadBackup."""
    with tempfile.TemporaryDirectory(prefix="restore-", dir=beside or path.parent) as name:
        folder = Path(name)
        manifest = unpack(path, folder)
        if PLAIN.get(manifest.database) not in manifest.members:
            raise BadBackup("the backup holds no database")
        refuse_unknown(manifest.revision)
        if manifest.database == "sqlite":
            database = sqlite.unpack(folder)
            sqlite.check(database, manifest.rows)
        else:
            database = folder / postgres.MEMBER
            postgres.check(database, manifest.rows)
        brought = _brought(folder, manifest, passphrase)
        fitting = _fitting(manifest, brought, config)
        if fitting and manifest.database == "sqlite":
            _open_all(sqlite.sealed(database), fitting)
        yield Opened(manifest, folder, database, fitting, brought)


def refuse_unknown(revision: str) -> None:
    """A schema that these migrations do not know is of a newer version. Raises BadBackup."""
    try:
        ScriptDirectory(str(FOLDER)).get_revision(revision)
    except CommandError as error:
        raise BadBackup(
            f"its schema {revision} is newer than this version of the program: update first"
        ) from error


def _brought(folder: Path, manifest: Manifest, passphrase: str | None) -> keys.Keys | None:
    if not manifest.has_keys or passphrase is None:
        return None
    try:
        return keys.unseal((folder / keys.MEMBER).read_text(encoding="utf-8"), passphrase)
    except FileNotFoundError as error:
        raise BadBackup("the keys that the manifest promises are not there") from error


def _fitting(manifest: Manifest, brought: keys.Keys | None, config: Config) -> keys.Keys | None:
    here = keys.Keys((config.secret_key, *config.old_secret_keys), config.encryption_keys)
    for known in filter(None, (brought, here)):
        if keys.opens_all(known.encryption_keys, manifest.probes):
            return known
    return None


def _open_all(sealed: list[str], known: keys.Keys) -> None:
    vault = Vault(known.encryption_keys)
    try:
        for text in sealed:
            vault.open(text)
    except SealError as error:
        raise BadBackup(
            "a secret in the database was sealed with a key that was lost before the backup"
        ) from error
