"""The two simulators in processes of their own, and what the campaign asks of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.stack import ROOT, free_port, status, wait_until
from chaos.plan import PlannedCall

CHUNK = 200


@dataclass
class Simulator:
    """A running simulator."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A control request; its JSON. Raises RuntimeError when it is refused."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read()[:500]!r}") from error

    def fired(self) -> Counter[str]:
        return Counter(self.ask("GET", "/_sim/faults")["fired"])


@contextmanager
def simulator(module: str, *, seed: int, log: int = 5000) -> Iterator[Simulator]:
    """Run a simulator on a free port until the block ends."""
    port = free_port()
    words = ["--port", str(port), "--fault-seed", str(seed), "--request-log", str(log)]
    command = [sys.executable, "-m", f"simulators.{module}", *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: status(f"http://127.0.0.1:{port}/_sim/faults") == 200)
        yield Simulator(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(20)


@dataclass(frozen=True)
class Notification:
    """A notification as the simulated PBX would send it."""

    call_id: int
    event: str
    method: str
    body: str
    content_type: str


def play(pbx: Simulator, calls: list[PlannedCall]) -> list[Notification]:
    """Let the PBX play these calls: they stand in its report from now on. Returns what it told.

    It tells it to an address of its own where nobody listens; its log has what it sent. Who
    delivers that, and how badly, is the campaign's part.
    """
    told = []
    for begin in range(0, len(calls), CHUNK):
        pbx.ask("DELETE", "/_sim/sent")
        for call in calls[begin : begin + CHUNK]:
            pbx.ask("POST", "/_sim/calls", call.order())
        told += [_notification(row) for row in pbx.ask("GET", "/_sim/sent")["sent"]]
    return told


def _notification(row: dict[str, Any]) -> Notification:
    base = row["shape"].split("+")[0]
    form = "application/x-www-form-urlencoded"
    content_type = {"form": form, "query": ""}.get(base, "application/json; charset=utf-8")
    return Notification(
        row["call_session_id"], row["event"], row["method"], row["body"], content_type
    )


def settled(crm: Simulator, seconds: float = 60) -> None:
    """Wait for late commits that are under way."""
    ends_at = time.monotonic() + seconds
    while crm.ask("GET", "/_sim/audit?counts=0")["pending"]:
        if time.monotonic() > ends_at:
            raise TimeoutError("late commits are still under way")
        time.sleep(0.2)
