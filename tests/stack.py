"""Our whole system as processes of its own: gunicorn, RQ workers, broker, upkeep; no simulators
but with DEMO=1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from runtime.config import ROOT
from runtime.ports import free_port
from tests.factories import wait_until

START_SECONDS = 60
STOP_SECONDS = 20
COMMAND_SECONDS = 90


@dataclass
class Stack:
    """A running system: its address, its command line, what it said."""

    environ: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environ['PORT']}"

    def flask(self, *words: str, typed: str | None = None, code: int = 0) -> Any:
        """Run a command; its JSON, None if it printed none. It must end with this code."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *words],
            cwd=ROOT,
            env=self.environ,
            input=typed,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == code, (done.stdout, done.stderr[-2000:])
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else None

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"the system ended: {self.log.read_text()[-3000:]}"
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def family(self, word: str) -> list[psutil.Process]:
        """Our processes whose name or command line has this word."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in found if word in " ".join([one.name(), *one.cmdline()])]


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Stack]:
    """Start everything with these settings, files below the folder, and stop it at the end."""
    environ = {
        **os.environ,
        "INSTANCE_DIR": str(folder / "instance"),
        "PORT": str(free_port()),
        "WEB_CONCURRENCY": "1",
        "LOG_FORMAT": "json",
        **settings,
    }
    environ.pop("DATABASE_URL", None)
    environ |= {"DATABASE_URL": settings["DATABASE_URL"]} if "DATABASE_URL" in settings else {}
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "runtime", "run"]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    stack = Stack(environ, process, folder / "log")
    try:
        wait_until(stack.is_ready, seconds=START_SECONDS)
        yield stack
    finally:
        process.terminate()
        process.wait(timeout=STOP_SECONDS)
