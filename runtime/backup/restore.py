"""Take a backup back: all is prepared beside the instance, then put in its place.

A file marks the instance while that goes on; nothing starts as long as it is there. What stood
there before is kept in a folder of its own (SQLite, keys, recordings).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, delete, func, inspect, select, update
from sqlalchemy.engine import Engine

from models import CrmAccount, CrmWrite, Heartbeat, Integration, Login
from models.base import now_ms
from rules.vocabulary import Entity, WriteStatus
from runtime import migrate
from runtime.backup import postgres
from runtime.backup.archive import BadBackup, Manifest
from runtime.backup.create import RECORDINGS, database_path
from runtime.backup.verify import Opened, opened
from runtime.config import Config
from runtime.run import only_one
from runtime.unfinished import MARK

RUNNING_MS = 20_000
BESIDE_SQLITE = ("", "-wal", "-shm", ".turn")


@dataclass(frozen=True)
class Restored:
    """`before` is the folder that holds what was there until now; None if that was nothing."""

    manifest: Manifest
    before: Path | None
    keys_written: bool


def restore(path: Path, config: Config, *, passphrase: str | None, force: bool) -> Restored:
    """Put the instance of `config` where the backup was. Raises BadBackup, or CannotStart while the
    instance runs; then nothing has changed."""
    with only_one(config.instance_dir):
        mark = config.instance_dir / MARK
        # One that was broken off left the mark: what it was doing is done again, whatever is there.
        _refuse_occupied(config, force=force or mark.exists())
        with opened(path, config, passphrase=passphrase, beside=config.instance_dir) as found:
            _refuse_unfit(found, config)
            mark.write_text(f"{path.name}\n")
            done = _put_in_place(found, config)
        mark.unlink()
        return done


def _refuse_unfit(found: Opened, config: Config) -> None:
    kind = "sqlite" if config.is_sqlite else "postgresql"
    if found.manifest.database != kind:
        raise BadBackup(f"it holds a database of {found.manifest.database}, this is {kind}")
    if found.fitting is None:
        raise BadBackup(
            "neither the keys of this instance nor a passphrase open it: give --passphrase-file,"
            " or put the ENCRYPTION_KEYS of that time behind today's"
        )
    if found.brought and not config.keeps_keys:
        here = set(config.encryption_keys)
        if not set(found.brought.encryption_keys) <= here:
            raise BadBackup(
                "ENCRYPTION_KEYS of the environment lacks keys of the backup: it wins over the"
                " file, so add them there first"
            )


def _refuse_occupied(config: Config, *, force: bool) -> None:
    """Nothing is written over by mistake, and never under a running server."""
    engine = create_engine(config.database_url)
    try:
        if not _has_tables(engine):
            return
        with engine.connect() as connection:
            fresh = Heartbeat.at > now_ms() - RUNNING_MS, Heartbeat.part.in_(("upkeep", "live"))
            if inspect(engine).has_table("heartbeat") and connection.scalar(
                select(func.count()).select_from(Heartbeat).where(*fresh)
            ):
                raise BadBackup("something still works with this database: stop it on every host")
            rows = [
                connection.scalar(select(func.count()).select_from(table))
                for table in (Integration, Login)
            ]
        if any(rows) and not force:
            raise BadBackup(
                "this instance is not empty; --force puts the backup in the place of all it holds"
            )
    finally:
        engine.dispose()


def _has_tables(engine: Engine) -> bool:
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return False
    return inspect(engine).has_table("integration")


def _put_in_place(found: Opened, config: Config) -> Restored:
    if config.is_sqlite:
        ready = replace(config, database_url=f"sqlite:///{found.database}")
        _bring_up(ready)
        _let_go_of_files(found.database)
    else:
        postgres.restore(found.database, config.database_url, found.folder)
        _bring_up(config)
    before = _folder_for_before(config)
    keys_written = _write_keys(found, config, before)
    _swap(found.folder / RECORDINGS, config.recordings_dir, before / RECORDINGS)
    if config.is_sqlite:
        _swap_database(found.database, database_path(config), before)
    is_empty = not any(before.iterdir())
    if is_empty:
        before.rmdir()
    return Restored(found.manifest, None if is_empty else before, keys_written)


def _bring_up(config: Config) -> None:
    """Migrate to this version, and note that the CRM may hold more than the database knows."""
    migrate.upgrade(config)
    engine = create_engine(config.database_url)
    with engine.begin() as connection:
        connection.execute(update(CrmAccount).values(restored_at=now_ms()))
        # What was planned then has perhaps been sent since: it is searched for first.
        connection.execute(
            update(CrmWrite)
            .where(CrmWrite.status == WriteStatus.PLANNED, CrmWrite.kind.in_(list(Entity)))
            .values(status=WriteStatus.SENT, sent_at=now_ms(), next_at=None)
        )
        connection.execute(delete(Heartbeat).where(Heartbeat.part != "backup"))
    engine.dispose()


def _let_go_of_files(path: Path) -> None:
    """One file again, without a log beside it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def _folder_for_before(config: Config) -> Path:
    folder = config.instance_dir / datetime.now(UTC).strftime("before-restore-%Y%m%dT%H%M%SZ")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _write_keys(found: Opened, config: Config, before: Path) -> bool:
    """The keys that came with the backup, where this instance keeps its own in files."""
    if found.brought is None or not config.keeps_keys:
        return False
    for name, lines in (
        ("encryption_keys", found.brought.encryption_keys),
        ("secret_key", found.brought.secret_keys),
    ):
        fresh = found.folder / name
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")
        _swap(fresh, config.instance_dir / name, before / name)
    return True


def _swap_database(fresh: Path, path: Path, before: Path) -> None:
    for ending in BESIDE_SQLITE:
        old = path.with_name(path.name + ending)
        if old.exists():
            old.rename(before / old.name)
    _swap(fresh, path, before / path.name)


def _swap(fresh: Path, path: Path, before: Path) -> None:
    """Across disks too: recordings may have one of their own."""
    if path.exists():
        shutil.move(path, before)
    if fresh.exists():
        shutil.move(fresh, path)
