"""A private PostgreSQL server that keeps what it commits: fsync and synchronous commits are on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
OPTIONS = (
    "-c fsync=on -c synchronous_commit=on -c full_page_writes=on -c listen_addresses='' "
    "-c max_connections=120 -c shared_buffers=256MB -c max_wal_size=4GB"
)


@dataclass(frozen=True)
class Server:
    folder: Path
    options: str = OPTIONS

    def database(self, name: str) -> str:
        """Make an empty database; its address."""
        _run(find_programs() / "createdb", "-h", self.folder, "-U", "bench", name)
        return f"postgresql+psycopg://bench@/{name}?host={self.folder}"

    def start(self) -> None:
        """Returns when it takes connections."""
        options = f"{self.options} -k {self.folder}"
        _run(*self._control, "-w", "-l", self.folder / "log", "-o", options, "start")

    def crash(self) -> None:
        """Stop it without ado: it recovers from its log when it is started."""
        _run(*self._control, "-w", "-m", "immediate", "stop")

    def stop(self) -> None:
        _run(*self._control, "-w", "-m", "fast", "stop")

    @property
    def _control(self) -> tuple[object, ...]:
        return find_programs() / "pg_ctl", "-D", self.folder / "data"


def find_programs() -> Path:
    """The folder with initdb and pg_ctl. Raises RuntimeError where there is no server."""
    packages = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: -float(path.parts[-3]))
    on_path = shutil.which("initdb")
    for found in [*packages, *([Path(on_path)] if on_path else [])]:
        if (found.parent / "pg_ctl").exists():
            return found.parent
    raise RuntimeError("no PostgreSQL server on this machine (initdb, pg_ctl)")


@contextmanager
def running(more: str = "") -> Iterator[Server]:
    """Run a server on a unix socket in a folder of its own; `more` options win over ours."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-bench-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        _run(programs / "initdb", "-D", folder / "data", "-U", "bench", "-A", "trust", "-E", "UTF8")
        server = Server(folder, f"{OPTIONS} {more}")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object) -> None:
    """PostgreSQL refuses to run as root, so root hands it to Debian's user `postgres`."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(words, cwd="/", capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
