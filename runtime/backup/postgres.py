"""PostgreSQL in a backup: its own programs pg_dump and pg_restore, in their custom format.

They are given the password by their environment, never on the command line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.engine import URL

from runtime.backup.archive import BadBackup
from runtime.backup.dumped import COUNTED_NEVER, KEPT, Dumped, file_of

MEMBER = "database.pgdump"
DEBIAN = Path("/usr/lib/postgresql")
LONGEST_SECONDS = 6 * 3600


@contextmanager
def dump(database_url: str, folder: Path) -> Iterator[Dumped]:
    """A dump of our schema as it stands in one moment, with counts of the same moment."""
    engine = create_engine(database_url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            schema = _schema(connection)
            revision = _revision(connection)
            path = folder / MEMBER
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--schema={schema}"]
            _run(database_url, "pg_dump", *options, f"--snapshot={snapshot}", f"--file={path}")
            os.chmod(path, 0o600)
            kept = [file_of(*ids) for ids in connection.execute(text(KEPT))]
            yield Dumped(MEMBER, path, revision, _rows(connection, schema), kept)
    finally:
        engine.dispose()


def check(path: Path, rows: dict[str, int]) -> None:
    """Read the whole dump, and look for every table. Raises BadBackup."""
    listed = _run(None, "pg_restore", "--list", str(path))
    there = {line.split()[6] for line in listed.splitlines() if " TABLE DATA " in line}
    if missing := sorted(set(rows) - there):
        raise BadBackup(f"the dump in the backup lacks the table {missing[0]}")
    _run(None, "pg_restore", "--file=/dev/null", str(path))


def restore(path: Path, database_url: str, folder: Path) -> None:
    """Put the dump in the place of all our tables, in one transaction."""
    listed = _run(None, "pg_restore", "--list", str(path))
    entries = folder / "entries"
    # The schema itself is there already; it may hold what others have put into it.
    lines = [line for line in listed.splitlines() if " SCHEMA - " not in line]
    entries.write_text("\n".join(lines) + "\n")
    script = folder / "restore.sql"
    script.write_text(_drop_all(database_url))
    with script.open("a") as file:
        options = ["--no-owner", "--no-privileges", f"--use-list={entries}", "--file=-"]
        _run(None, "pg_restore", *options, str(path), output=file)
    only_whole = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    _run(database_url, "psql", *only_whole, f"--file={script}", "--output=/dev/null")


def _drop_all(database_url: str) -> str:
    """Statements that take away our tables, those of a newer schema too."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            schema = _schema(connection)
            tables = _tables(connection, schema)
    finally:
        engine.dispose()
    if not tables:
        return ""
    named = ", ".join(f'"{schema}"."{table}"' for table in tables)
    return f"DROP TABLE IF EXISTS {named} CASCADE;\n"


def _schema(connection: Connection) -> str:
    return str(connection.execute(text("SELECT current_schema()")).scalar_one())


def _revision(connection: Connection) -> str:
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None:
        raise BadBackup("this database holds no schema of ours yet")
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _tables(connection: Connection, schema: str) -> list[str]:
    query = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY 1")
    return list(connection.execute(query, {"schema": schema}).scalars())


def _rows(connection: Connection, schema: str) -> dict[str, int]:
    return {
        table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()
        for table in _tables(connection, schema)
        if table not in COUNTED_NEVER
    }


def _run(database_url: str | None, program: str, *words: str, output: IO[str] | None = None) -> str:
    """Run one of PostgreSQL's programs; what it printed. Raises BadBackup with its own words."""
    address, environ = _address(make_url(database_url)) if database_url else ("", {})
    command = [str(find_program(program)), *([f"--dbname={address}"] if address else []), *words]
    done = subprocess.run(
        command,
        env={"PATH": os.defpath, "HOME": str(Path.home()), "LC_ALL": "C.UTF-8", **environ},
        stdin=subprocess.DEVNULL,
        stdout=output or subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise BadBackup(f"{program}: {lines[0]}")
    return done.stdout or ""


def _address(url: URL) -> tuple[str, dict[str, str]]:
    """An address for libpq without its secrets, and the environment that holds these."""
    environ = {"PGPASSWORD": str(url.password)} if url.password else {}
    query = {name: str(value) for name, value in url.query.items() if name != "password"}
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return shown.render_as_string(hide_password=False), environ


def find_program(name: str) -> Path:
    """The program on PATH, else of the newest Debian package. Raises BadBackup."""
    packages = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: -float(path.parts[-3]))
    found = [*packages, *([Path(path)] if (path := shutil.which(name)) else [])]
    if not found:
        raise BadBackup(
            f"{name} is not on this machine: install PostgreSQL's client programs"
            " (Debian: postgresql-client), of the server's version or newer"
        )
    return found[0]
