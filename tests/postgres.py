"""A private PostgreSQL server for tests: DATABASE_URL if given, else one of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.need import skip_or_fail

DEBIAN = Path("/usr/lib/postgresql")
# Nothing here has to survive a crash of the machine, and a test run has to be quick.
OPTIONS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    "-c listen_addresses='' -c max_connections=80 -c shared_buffers=64MB"
)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of an empty database that lives as long as the test run."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    programs = find_programs()
    if programs is None:
        skip_or_fail("no PostgreSQL server on this machine (postgres, initdb, pg_ctl)")
    with running_postgres(programs) as url:
        yield url


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl: of the newest Debian package, else on PATH."""
    packages = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: -float(path.parts[-3]))
    on_path = shutil.which("initdb")
    found = [*packages, *([Path(on_path)] if on_path else [])]
    return next((path.parent for path in found if (path.parent / "pg_ctl").exists()), None)


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Run a server on a unix socket in a folder of its own; yields its address."""
    # Not pytest's tmp_path: the server's user could not enter it, and it is too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    data = folder / "data"
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        _as_server_user(programs / "initdb", "-D", data, "-U", "test", "-A", "trust", "--no-sync")
        options = f"{OPTIONS} -k {folder}"
        _as_server_user(
            programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"
        )
        try:
            yield f"postgresql+psycopg://test@/postgres?host={folder}"
        finally:
            _as_server_user(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_server_user(*command: object) -> None:
    """PostgreSQL refuses to run as root, so root hands it to Debian's user `postgres`."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(words, cwd="/", capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
