"""Make a backup of the instance, while it works."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from runtime.backup import archive, keys, postgres, sqlite
from runtime.config import Config
from runtime.version import version

RECORDINGS = "recordings"
NAME = "backup-%Y%m%dT%H%M%SZ.tar"


@dataclass(frozen=True)
class Made:
    path: Path
    manifest: archive.Manifest
    size: int


def create(config: Config, target: Path, *, passphrase: str | None) -> Made:
    """Write a backup to `target`, or into it under a name with the time if it is a folder.

    The keys go in only under a passphrase. Raises BadBackup, or OSError for a file that cannot be
    written; then there is no file.
    """
    now = datetime.now(UTC)
    path = target / now.strftime(NAME) if target.is_dir() else target
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=path.parent)))
        if config.is_sqlite:
            dumped = stack.enter_context(sqlite.dump(database_path(config), folder))
        else:
            dumped = stack.enter_context(postgres.dump(config.database_url, folder))
        writer = stack.enter_context(archive.writing(path))
        writer.add(dumped.member, dumped.path)
        missing = sum(not _add(writer, config, name) for name in dumped.kept)
        if passphrase:
            writer.add_text(keys.MEMBER, keys.seal(keys_of(config), passphrase))
        manifest = writer.finish(
            {
                "made_at": now.isoformat(timespec="seconds"),
                "version": version(),
                "revision": dumped.revision,
                "database": "sqlite" if config.is_sqlite else "postgresql",
                "rows": dumped.rows,
                "recordings": len(dumped.kept) - missing,
                "missing_recordings": missing,
                "has_keys": bool(passphrase),
                "key_names": keys.names(config.encryption_keys),
                "probes": keys.probes(config.encryption_keys),
            }
        )
    return Made(path, manifest, path.stat().st_size)


def forget_old(folder: Path, keep: int) -> list[str]:
    """Remove all backups of a folder but the newest so many; the names of those removed."""
    found = sorted(folder.glob("backup-????????T??????Z.tar"), reverse=True)
    for path in found[keep:]:
        path.unlink(missing_ok=True)
    return [path.name for path in found[keep:]]


def database_path(config: Config) -> Path:
    """The file of an SQLite database."""
    return Path(make_url(config.database_url).database or "")


def keys_of(config: Config) -> keys.Keys:
    return keys.Keys((config.secret_key, *config.old_secret_keys), config.encryption_keys)


def _add(writer: archive.Writer, config: Config, name: str) -> bool:
    """A recording that has run out since the copy of the database is not missed by anybody."""
    try:
        writer.add(f"{RECORDINGS}/{name}", config.recordings_dir / name)
    except FileNotFoundError:
        return False
    return True
