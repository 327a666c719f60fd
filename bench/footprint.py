"""python -m bench.footprint: memory of the whole process tree, and how long a start takes.

SQLite, the embedded broker, no simulators: what `./run.sh` with DEMO=0 runs. Memory is PSS, each
shared page counted once: web, workers with a work-horse, upkeep, broker, supervisor.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from statistics import median

from bench import processes
from bench.calls import PATIENCE_SECONDS, warm_up
from bench.database import Calls, connection
from bench.load import closed_loop, paced
from bench.messages import Messages
from bench.stack import Stack, crm_simulator, new_stack, wait_until
from bench.tables import goal, machine, spread, table

MEGABYTE = 1_000_000
MEMORY_GOAL_MB = 370
START_GOAL_SECONDS = 5.0


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.footprint", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000, help="in the burst")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="300 calls, 2 rounds")
    options = parser.parse_args(arguments)
    calls, rounds = (300, 2) if options.quick else (options.calls, options.rounds)
    machine()
    found: dict[str, list[float]] = defaultdict(list)
    parts: dict[str, list[float]] = defaultdict(list)
    with crm_simulator() as crm, new_stack(crm.url) as stack:
        stack.start()
        stack.create_integration()
        warm_up(stack)
        stack.stop()
        for number in range(rounds):
            _round(stack, found, parts, calls=calls, first=1_000_000 * (number + 1))
    _print(found, parts, calls=calls, rounds=rounds)


def _round(
    stack: Stack,
    found: dict[str, list[float]],
    parts: dict[str, list[float]],
    *,
    calls: int,
    first: int,
) -> None:
    """A second start, then memory: at rest, at its highest during the burst, at rest again."""
    messages = Messages(stack.hook_path, stack.port, first=first)
    found["start"].append(_start(stack, messages))
    time.sleep(3.0)
    found["idle"].append(processes.pss_bytes(stack.pids()) / MEGABYTE)
    with connection(stack.database_url) as opened:
        seen = Calls(opened)
        closed_loop(stack.port, messages.calls(calls))
        highest = 0.0
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while seen.written() < calls and time.monotonic() < ends_at:
            highest = max(highest, processes.pss_bytes(stack.pids()) / MEGABYTE)
            time.sleep(0.2)
    found["during"].append(highest)
    time.sleep(3.0)
    found["after"].append(processes.pss_bytes(stack.pids()) / MEGABYTE)
    for pid in stack.pids():
        parts[_part(pid)].append(processes.pss_bytes([pid]) / MEGABYTE)
    stack.stop()


def _start(stack: Stack, messages: Messages) -> float:
    """Seconds from the command to the first acknowledgement."""
    began = time.monotonic()
    stack.launch()
    request = messages.unused()

    def is_acknowledged() -> bool:
        try:
            load = paced(stack.port, request, per_second=1000, seconds=0.001)
        except OSError:
            return False
        return load.statuses[200] > 0

    wait_until(is_acknowledged)
    seconds = time.monotonic() - began
    stack.wait_until_ready()
    return seconds


def _part(pid: int) -> str:
    """What a process is, for the table."""
    return {"python": "supervisor"}.get(processes.name(pid), processes.name(pid))


def _print(
    found: dict[str, list[float]], parts: dict[str, list[float]], *, calls: int, rounds: int
) -> None:
    title = f"Footprint, SQLite, 2 web processes, 2 workers: {rounds} rounds, burst of {calls}"
    words = {
        "idle": "memory at rest",
        "during": "highest during the burst",
        "after": "after the burst",
    }
    rows = [
        [
            f"{word}, MB",
            spread(found[name], 0),
            goal(median(found[name]), MEMORY_GOAL_MB, at_least=False),
        ]
        for name, word in words.items()
    ]
    start = goal(median(found["start"]), START_GOAL_SECONDS, at_least=False)
    rows.append(["second start to first acknowledgement, s", spread(found["start"], 2), start])
    table(title, ("what", "value", "goal"), rows)
    shares = [[name, spread(values, 1)] for name, values in sorted(parts.items())]
    table("After the burst, each process (MB)", ("process", "PSS"), shares)


if __name__ == "__main__":
    main()
