"""SQLite in a backup: a copy by its online backup interface, while others read and write."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from runtime.backup.archive import BadBackup
from runtime.backup.dumped import COUNTED_NEVER, KEPT, Dumped, file_of

MEMBER = "database.sqlite3.gz"


@contextmanager
def dump(path: Path, folder: Path) -> Iterator[Dumped]:
    """A copy of the database as it stands in one moment, in `folder`."""
    copy = folder / "copy.sqlite3"
    if not path.exists():
        raise BadBackup(f"there is no database yet: {path.name} is missing")
    with closing(_open(path)) as source, closing(sqlite3.connect(copy)) as target:
        # In one step: under load a copy in pieces would begin anew with each commit.
        source.backup(target, pages=-1)
    packed = folder / MEMBER
    with copy.open("rb") as plain, gzip.open(packed, "wb", compresslevel=3) as file:
        shutil.copyfileobj(plain, file, 1 << 20)
    with closing(_open(copy)) as connection:
        yield Dumped(MEMBER, packed, _revision(connection), _rows(connection), _kept(connection))


def unpack(folder: Path) -> Path:
    """The database of an unpacked backup as a file of its own."""
    path = folder / "app.db"
    try:
        with gzip.open(folder / MEMBER) as packed, path.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (OSError, EOFError) as error:
        raise BadBackup(f"the database in the backup cannot be unpacked: {error}") from error
    os.chmod(path, 0o600)
    return path


def check(path: Path, rows: dict[str, int]) -> None:
    """SQLite's own check of every page, and the number of rows. Raises BadBackup."""
    try:
        with closing(_open(path)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            found = _rows(connection)
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"the database in the backup cannot be opened: {error}") from error
    if said != ["ok"]:
        raise BadBackup(f"the database in the backup is damaged: {said[0]}")
    if found != rows:
        raise BadBackup("the database in the backup has other rows than its manifest says")


def sealed(path: Path) -> list[str]:
    """Every sealed text of the database."""
    with closing(_open(path)) as connection:
        return [
            text
            for table in _tables(connection)
            for column in _columns(connection, table)
            if column.endswith("_sealed")
            for (text,) in connection.execute(f'SELECT "{column}" FROM "{table}"')
            if text
        ]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _revision(connection: sqlite3.Connection) -> str:
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise BadBackup("this database holds no schema of ours yet") from error
    return str(found[0]) if found else ""


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    return {
        table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
        for table in _tables(connection)
        if table not in COUNTED_NEVER
    }


def _kept(connection: sqlite3.Connection) -> list[str]:
    return [file_of(*ids) for ids in connection.execute(KEPT)]


def _tables(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return sorted(name for (name,) in connection.execute(query))


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
