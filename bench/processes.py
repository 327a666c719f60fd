"""What processes cost, read from /proc: processor time and memory, of whole trees."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(*GONE):
                children[int(_stat(int(entry.name))[1])].append(int(entry.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def name(pid: int) -> str:
    """What `ps -o comm` shows; empty if the process is gone."""
    with contextlib.suppress(*GONE):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes and of their children that were waited for."""
    total = 0
    for pid in pids:
        with contextlib.suppress(*GONE):
            total += sum(int(ticks) for ticks in _stat(pid)[11:15])
    return total / TICK


def busy_seconds() -> float:
    """Processor time that the whole machine has spent on anything."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    ticks = [int(field) for field in fields]
    return (sum(ticks[:8]) - ticks[3] - ticks[4]) / TICK  # without idle and waiting for disks


def parent(pid: int) -> int:
    return int(_stat(pid)[1])


def pss_bytes(pids: list[int]) -> int:
    """Memory of the processes, each shared page counted once in all."""
    total = 0
    for pid in pids:
        with contextlib.suppress(*GONE):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def _stat(pid: int) -> list[str]:
    """The fields after the name, `man 5 proc`: 0 = state, 1 = parent, 11..14 = times."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
