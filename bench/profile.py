"""python -m bench.profile: where the CPU of a call goes, in the drain's thread and in the CRM's.

The workers are frozen, calls are stored through the webhook, and one `Drain` works them off in this
process: first plainly, for what a call costs, then under cProfile with a clock of CPU time.
For a flame graph of the real workers: `py-spy record --subprocesses --gil --pid <worker>` while
`python -m bench.calls` runs.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.calls import PATIENCE_SECONDS, ready_stack
from bench.load import closed_loop
from bench.messages import Messages
from bench.stack import Stack, crm_simulator
from bench.tables import machine


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.profile", description=__doc__)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--rows", type=int, default=45, help="functions shown")
    parser.add_argument("--order", choices=("tottime", "cumtime"), default="tottime")
    parser.add_argument("--latency", type=float, default=0.0, help="of the CRM, in seconds")
    options = parser.parse_args(arguments)
    machine()
    with crm_simulator() as crm, ready_stack(options.database, crm) as stack:
        crm.answer_after(options.latency)
        for pid in frozen(stack):
            os.kill(pid, signal.SIGSTOP)
        messages = Messages(stack.hook_path, stack.port, first=1_000_000)
        drain = _drain_of(stack)
        closed_loop(stack.port, messages.calls(options.calls))
        plain = _cpu_of(drain)
        print(f"one process, not profiled: {plain / options.calls * 1000:.2f} ms CPU per call")
        closed_loop(stack.port, messages.calls(options.calls))
        _profile(drain, rows=options.rows, order=options.order)


def frozen(stack: Stack) -> list[int]:
    """Everything but the web processes: who else would work on the calls."""
    web = {*stack.web()}
    names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in stack.pids()}
    working = ("work", "upkeep")
    return [pid for pid, name in names.items() if pid not in web and name.startswith(working)]


def _drain_of(stack: Stack) -> Callable[[], int]:
    """A function that works off what is due, in this process and under the server's settings."""
    os.environ.update(stack.environment)
    from models import db
    from runtime import application
    from runtime.config import Config
    from services.drain import Drain
    from services.knobs import Knobs
    from services.offices import Offices

    app = application.create(Config.load())

    def drain() -> int:
        with app.app_context():
            ports = app.extensions["ports"]
            made = Drain(db.engine, Offices(ports), Knobs.of(ports))
            return made.run(time.monotonic() + PATIENCE_SECONDS)

    return drain


def _cpu_of(drain: Callable[[], int]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    worked = drain()
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{worked} runs over calls in {time.monotonic() - began:.1f} s")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _profile(drain: Callable[[], int], *, rows: int, order: str) -> None:
    """One profile of this thread and one of all threads that speak with the CRM."""
    from services.crm_requests import CrmRequests

    mine = cProfile.Profile(time.thread_time)
    theirs: dict[int, cProfile.Profile] = {}
    run = CrmRequests._run

    def profiled(self: Any, *arguments: Any) -> None:
        name = threading.get_ident()
        each = theirs.setdefault(name, cProfile.Profile(time.thread_time))
        each.runcall(run, self, *arguments)

    with patch.object(CrmRequests, "_run", profiled):
        mine.runcall(drain)
    print("\nThe drain's thread:")
    pstats.Stats(mine).strip_dirs().sort_stats(order).print_stats(rows)
    if theirs:
        print("\nThe threads that speak with the CRM:")
        all_theirs = pstats.Stats(*theirs.values())
        all_theirs.strip_dirs().sort_stats(order).print_stats(rows)


if __name__ == "__main__":
    main()
