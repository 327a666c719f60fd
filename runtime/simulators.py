"""The vendors' simulators of the demo: where they listen and how they are started.

Their ports stay the same from start to start if they can, because the demo's integration in the
database names them. Other commands find them through a file in the instance folder.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from runtime.config import ROOT, SIMULATOR_HOSTS_FILE
from runtime.ports import HOST, free_port

NAMES = ("behomes", "callgear")


@dataclass(frozen=True)
class Simulator:
    """One simulator and the port that is kept for it."""

    name: str
    port: int

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def run(self) -> None:
        """Become the simulator. Returns never. What it says to its starter is not for our logs."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.chdir(ROOT)
        command = [sys.executable, "-m", f"simulators.{self.name}", "--port", str(self.port)]
        os.execv(command[0], command)

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False


def place(instance_dir: Path) -> tuple[Simulator, ...]:
    """Choose a port for each simulator and write them down for other commands."""
    file = instance_dir / SIMULATOR_HOSTS_FILE
    kept = [line.rpartition(":")[2] for line in file.read_text().split()] if file.exists() else []
    wanted = [int(port) if port.isdigit() else 0 for port in (*kept, "0", "0")]
    placed = tuple(
        Simulator(name, free_port(port)) for name, port in zip(NAMES, wanted, strict=False)
    )
    file.write_text("".join(f"{one.host}\n" for one in placed))
    return placed
