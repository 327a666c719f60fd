"""Starts the simulators as real processes on free ports, for tests that speak real HTTP.

with behomes_simulator() as crm:
    crm.control("POST", "/_sim/faults", {"name": "error_500_after", "count": 1})
    requests.get(crm.url + "/v4/crm/account", params={"api_key": crm.key})
"""

from __future__ import annotations

import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parent.parent
START_SECONDS = 60
STOP_SECONDS = 5


@dataclass
class Simulator:
    """A running simulator: its address and its control interface."""

    url: str
    process: subprocess.Popen[str]
    key: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control interface and return its JSON; a refusal is an error of the test."""
        answer = self.session.request(method, self.url + path, json=json, timeout=10)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()


@contextmanager
def behomes_simulator(*arguments: str) -> Iterator[Simulator]:
    """A Behomes simulator with the demo seed; extra arguments go to its command line."""
    with _running("simulators.behomes", *arguments) as simulator:
        simulator.key = "demo-behomes-key"
        yield simulator


@contextmanager
def callgear_simulator(*arguments: str) -> Iterator[Simulator]:
    """A CallGear simulator; extra arguments go to its command line."""
    with _running("simulators.callgear", *arguments) as simulator:
        yield simulator


@contextmanager
def _running(module: str, *arguments: str) -> Iterator[Simulator]:
    command = [sys.executable, "-m", module, "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    session = requests.Session()
    session.trust_env = False
    try:
        yield Simulator(url=_ready_url(process), process=process, session=session)
    finally:
        session.close()
        _stop(process)


def _ready_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and process.poll() is None:
            if not selector.select(timeout=0.5):
                continue
            line = process.stdout.readline()
            if line.startswith("ready "):
                return line.split()[1]
    raise RuntimeError(f"the simulator did not start, exit code {process.poll()}")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
