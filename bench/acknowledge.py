"""python -m bench.acknowledge: requests a second of the webhook beside bare Flask views.

The server is the whole of `python -m runtime run`; its two workers and the process that makes cards
are frozen while its rate is measured, so that what is compared is the acknowledgement alone. The
last table is of 20 requests a second: alone, and with the work on the calls that they bring.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from statistics import median

from bench import baseline, processes
from bench.calls import ready_stack
from bench.load import Load, closed_loop, paced
from bench.messages import Messages, repeat
from bench.stack import Stack, crm_simulator
from bench.tables import goal, machine, spread, table

CONNECTIONS = 16
STEADY_PER_SECOND = 20.0
OURS, EMPTY, INSERT = "ours", "(a) bare view, 204", "(b) bare view, one INSERT"
GOALS = {"postgresql": {EMPTY: 0.35, INSERT: 0.7}, "sqlite": {EMPTY: 0.35}}
P99_GOALS_MS = {"sqlite": 100.0}
STEADY_GOAL_MS = 15.0

Measure = Callable[[float], tuple[Load, float]]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.acknowledge", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="2 seconds, 2 rounds")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    options = parser.parse_args(arguments)
    seconds, rounds = (2.0, 2) if options.quick else (options.seconds, options.rounds)
    machine()
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, ready_stack(kind, crm) as stack:
            compare(kind, stack, seconds=seconds, rounds=rounds)
            steady(kind, stack, seconds=seconds, rounds=rounds)


def compare(kind: str, stack: Stack, *, seconds: float, rounds: int) -> None:
    """Ours, (a), (b), ours, (a), (b)...: the same load on each in turn."""
    found: dict[str, list[tuple[Load, float]]] = defaultdict(list)
    with servers(kind, stack) as measures:
        for _ in range(rounds):
            for name, measure in measures.items():
                found[name].append(measure(seconds))
    columns = ("server", "requests/s", "p50 ms", "p99 ms", "CPU ms/request", "ours / this", "goal")
    rows = [_row(kind, name, found) for name in found]
    title = f"Acknowledgement, {kind}: {CONNECTIONS} connections, 2 web processes"
    table(f"{title}, {rounds} rounds of {seconds:g} s", columns, rows)
    loads = [load for results in found.values() for load, _ in results]
    share = median(load.own_cpu / load.seconds for load in loads)
    print(f"The load generator took {share:.0%} of a processor.")


def _row(kind: str, name: str, found: dict[str, list[tuple[Load, float]]]) -> list[str]:
    loads = [load for load, _ in found[name]]
    p99 = [load.milliseconds(99) for load in loads]
    ratios = [
        ours.rate / other.rate
        for (ours, _), (other, _) in zip(found[OURS], found[name], strict=True)
    ]
    limit = GOALS[kind].get(name)
    kept = goal(median(ratios), limit, at_least=True) if limit else "-"
    if name == OURS and kind in P99_GOALS_MS:
        kept = f"p99 {goal(median(p99), P99_GOALS_MS[kind], at_least=False)}"
    return [
        name,
        spread([load.rate for load in loads]),
        spread([load.milliseconds(50) for load in loads], 1),
        spread(p99, 1),
        spread([cpu for _, cpu in found[name]], 2),
        "-" if name == OURS else spread(ratios, 2),
        kept,
    ]


@contextmanager
def servers(kind: str, stack: Stack) -> Iterator[dict[str, Measure]]:
    """The three to compare, all running; who is not measured has nothing to do."""
    database = stack.database_url
    if kind == "sqlite":
        database = baseline.sqlite_file(stack.folder)
    firsts = count(10_000_000, 500_000)

    def ours(seconds: float) -> tuple[Load, float]:
        messages = Messages(stack.hook_path, stack.port, first=next(firsts))
        return _measured(stack.port, messages.starts(), stack.web(), seconds)

    wait_until_idle(stack)
    with ExitStack() as running:
        running.enter_context(frozen([*stack.workers(), *stack.live()]))
        measures: dict[str, Measure] = {OURS: ours}
        for name, view in ((EMPTY, "empty"), (INSERT, "insert")):
            port, pid = running.enter_context(baseline.running(view, database))
            measures[name] = _bare(port, pid)
        yield measures


def _bare(port: int, pid: int) -> Measure:
    def measure(seconds: float) -> tuple[Load, float]:
        request = next(Messages(baseline.PATH, port, first=1).starts())
        return _measured(port, iter(repeat(request)), processes.tree(pid), seconds)

    return measure


def _measured(
    port: int, requests: Iterator[bytes], pids: list[int], seconds: float
) -> tuple[Load, float]:
    """The load, and the CPU milliseconds of each request."""
    closed_loop(port, requests, connections=CONNECTIONS, seconds=0.5)
    before = processes.cpu_seconds(pids)
    load = closed_loop(port, requests, connections=CONNECTIONS, seconds=seconds)
    spent = processes.cpu_seconds(pids) - before
    if load.refused:
        raise RuntimeError(f"not acknowledged: {load.statuses}")
    return load, spent / len(load.latencies) * 1000


@contextmanager
def frozen(pids: list[int]) -> Iterator[None]:
    """Stop processes for a while. They wait for their broker, so they hold nothing."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def steady(kind: str, stack: Stack, *, seconds: float, rounds: int) -> None:
    """The trickle of an ordinary day: by itself, and with the work on the calls that it brings."""
    wait_until_idle(stack)
    messages = Messages(stack.hook_path, stack.port, first=90_000_000)
    alone: list[Load] = []
    beside: list[Load] = []
    for _ in range(rounds):
        with frozen(stack.workers()):
            alone.append(_trickle(stack, messages.unused(), seconds))
        beside.append(_trickle(stack, messages.starts(), seconds))
        wait_until_idle(stack)
    rows = [_steady_row(f"{kind}, workers frozen", alone)]
    rows.append(_steady_row(f"{kind}, workers at work on 20 calls/s", beside))
    columns = ("20 requests/s", "p50 ms", "p99 ms", "longest ms", "goal")
    table(f"Steady trickle, {rounds} rounds of {seconds * 2:g} s", columns, rows)


def _trickle(stack: Stack, requests: Iterator[bytes], seconds: float) -> Load:
    return paced(stack.port, requests, per_second=STEADY_PER_SECOND, seconds=seconds * 2)


def _steady_row(name: str, loads: list[Load]) -> list[str]:
    p99 = [load.milliseconds(99) for load in loads]
    return [
        name,
        spread([load.milliseconds(50) for load in loads], 1),
        spread(p99, 1),
        spread([max(load.latencies) * 1000 for load in loads], 1),
        goal(median(p99), STEADY_GOAL_MS, at_least=False),
    ]


def wait_until_idle(stack: Stack) -> None:
    """Until the workers have caught up with what came while they were frozen."""
    ends_at = time.monotonic() + 600
    while time.monotonic() < ends_at:
        before = processes.cpu_seconds(stack.workers())
        time.sleep(2.0)
        if processes.cpu_seconds(stack.workers()) - before < 0.1:
            return
    raise TimeoutError("the workers are not idle after 600 seconds")


if __name__ == "__main__":
    main()
