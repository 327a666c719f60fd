"""The product under trial: `python -m runtime run` as it is, or with a safeguard sabotaged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench import processes
from bench.stack import ROOT, Stack, status, wait_until

# Long enough for the late commits that the campaign orders, see faults.LATE_SECONDS.
SETTLE_SECONDS = 8
COMMAND_SECONDS = 600
READY_SECONDS = 240  # beside much else on a small machine
OWN = {
    "WEB_CONCURRENCY": "2",
    "CALL_WORKERS": "2",
    "SETTLE_SECONDS": str(SETTLE_SECONDS),
    "ENRICH_SECONDS": "0",
}


@dataclass
class Product(Stack):
    """The running server. `restarting` is held by who stops and starts the whole of it."""

    pbx_host: str = ""
    sabotage: str = ""
    restarting: threading.Lock = field(default_factory=threading.Lock)
    id: str = ""

    @property
    def environment(self) -> dict[str, str]:
        own = super().environment
        return own | {"API_HOSTS": f"{own['API_HOSTS']},{self.pbx_host}"}

    @property
    def words(self) -> list[str]:
        own = (
            ["-m", "chaos.sabotaged", self.sabotage] if self.sabotage else ["-m", "runtime", "run"]
        )
        return [sys.executable, *own]

    def launch(self) -> None:
        with (self.folder / "run.log").open("ab") as log:
            self.server = subprocess.Popen(
                self.words, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def wait_until_ready(self) -> None:
        """Raises RuntimeError with the last words if it ends instead."""
        assert self.server is not None

        def is_ready() -> bool:
            if self.server is not None and self.server.poll() is not None:
                raise RuntimeError((self.folder / "run.log").read_text()[-3000:])
            return status(f"http://127.0.0.1:{self.port}/readyz") == 200

        wait_until(is_ready, READY_SECONDS)

    def create(self, document: dict[str, Any]) -> None:
        """Make the integration; remembers its id and webhook."""
        made = json.loads(self.flask("integrations", "create", "-", given=json.dumps(document)))
        self.id = str(made["id"])
        self.hook_path = urlsplit(made["webhook_url"]).path

    def flask(self, *words: str, given: str = "", codes: tuple[int, ...] = (0,)) -> str:
        """Run a command as an operator would; its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *words],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        if done.returncode not in codes:
            raise RuntimeError(f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
        return done.stdout

    def drain(self, seconds: float) -> dict[str, Any]:
        """Wait until nothing is due: `{"idle", "left"}`."""
        words = ("calls", "drain", self.id, "--timeout", f"{seconds:.0f}")
        told: dict[str, Any] = json.loads(self.flask(*words, codes=(0, 1)))
        return told

    def named(self, *names: str) -> list[int]:
        """Process ids of our processes whose name begins so."""
        return [pid for pid in self.pids() if processes.name(pid).startswith(names)]

    def broker(self) -> list[int]:
        return self.named("valkey", "redis")

    def kill(self) -> None:
        """SIGKILL to everything at once, as when a machine loses its power."""
        assert self.server is not None
        for pid in self.pids():
            kill(pid)
        self.server.wait()
        self.server = None
        for left in ("broker.url",):
            Path(self.folder / left).unlink(missing_ok=True)


def kill(pid: int) -> bool:
    """False if it was gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
