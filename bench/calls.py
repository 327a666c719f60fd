"""python -m bench.calls: completed calls a second through the whole chain, and their CPU.

A round sends a burst of calls to the webhook (two notifications each) and waits until the last is
written to the CRM: look-up, client, lead, call log. From the end of the burst on, 20 notifications
a second that make no work show how long an acknowledgement takes beside it.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from bench import postgres, processes
from bench.database import Calls, connection
from bench.load import Load, closed_loop, paced
from bench.messages import Messages
from bench.stack import Crm, Stack, crm_simulator, new_stack
from bench.tables import goal, machine, spread, table

LATENCIES = (0.0, 0.05)
GOALS = {0.0: 200.0, 0.05: 130.0}
CPU_GOAL_MS = 8.0
BESIDE_PER_SECOND = 20.0
PATIENCE_SECONDS = 180.0
WARM_UP = 50


@dataclass(frozen=True)
class Round:
    """One burst: calls a second, CPU per call, acknowledgements during it."""

    rate: float
    worker_ms: float
    web_ms: float
    requests: float
    acknowledgements: Load
    generator_share: float


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.calls", description=__doc__)
    parser.add_argument("--calls", type=int, default=3000, help="calls in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="400 calls, 2 rounds")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    options = parser.parse_args(arguments)
    calls, rounds = (400, 2) if options.quick else (options.calls, options.rounds)
    machine()
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, ready_stack(kind, crm) as stack:
            measure(kind, stack, crm, calls=calls, rounds=rounds)


def measure(kind: str, stack: Stack, crm: Crm, *, calls: int, rounds: int) -> None:
    found: dict[float, list[Round]] = {latency: [] for latency in LATENCIES}
    messages = Messages(stack.hook_path, stack.port, first=1_000_000)
    for _ in range(rounds):
        for latency in LATENCIES:
            crm.forget()
            crm.answer_after(latency)
            found[latency].append(one_round(stack, crm, messages, calls))
    rows = [_row(latency, results) for latency, results in found.items()]
    columns = ("CRM answers after", "calls/s", "goal", "worker CPU ms/call", "goal")
    columns += ("web CPU ms/call", "CRM requests/call", "ack p50 ms", "ack p99 ms", "generator")
    table(f"Calls, {kind}: {rounds} rounds of {calls} calls, 2 workers", columns, rows)


def _row(latency: float, results: list[Round]) -> list[str]:
    rates = [result.rate for result in results]
    cpu = [result.worker_ms for result in results]
    acks = [result.acknowledgements for result in results]
    return [
        f"{latency * 1000:.0f} ms",
        spread(rates),
        goal(median(rates), GOALS[latency], at_least=True),
        spread(cpu, 2),
        goal(median(cpu), CPU_GOAL_MS, at_least=False) if latency == 0 else "-",
        spread([result.web_ms for result in results], 2),
        spread([result.requests for result in results], 2),
        spread([load.milliseconds(50) for load in acks], 1),
        spread([load.milliseconds(99) for load in acks], 1),
        f"{median(result.generator_share for result in results):.0%} of a processor",
    ]


def one_round(stack: Stack, crm: Crm, messages: Messages, calls: int) -> Round:
    """Send a burst, wait for its last call."""
    with connection(stack.database_url) as opened:
        seen = Calls(opened)
        workers, web = processes.cpu_seconds(stack.workers()), processes.cpu_seconds(stack.web())
        began, own = time.time(), time.process_time()
        burst = closed_loop(stack.port, messages.calls(calls))
        beside = _Beside(stack.port, messages)
        seen.wait_for(calls, PATIENCE_SECONDS)
        acks = beside.stop()
        seconds = seen.last_at() - began
        own_share = (time.process_time() - own) / (time.time() - began)
    acks.latencies += burst.latencies
    if burst.refused or acks.refused:
        raise RuntimeError(f"not acknowledged: {burst.statuses} {acks.statuses}")
    # A work-horse that is ending has not been waited for yet.
    time.sleep(0.3)
    spent = processes.cpu_seconds(stack.workers()) - workers
    served = processes.cpu_seconds(stack.web()) - web
    return Round(
        rate=calls / seconds,
        worker_ms=spent / calls * 1000,
        web_ms=served / calls * 1000,
        requests=_written(crm) / calls + 1,
        acknowledgements=acks,
        generator_share=own_share,
    )


def _written(crm: Crm) -> int:
    """What the CRM was told to write; the look-up of each call comes on top."""
    entities = crm.audit()
    if any(entity["doubled"] for entity in entities.values()):
        raise RuntimeError("something was written twice")
    return sum(entity["total"] for entity in entities.values())


class _Beside:
    """A steady trickle of notifications in a thread, until it is stopped."""

    def __init__(self, port: int, messages: Messages) -> None:
        self._load = Load()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, args=(port, messages))
        self._thread.start()

    def _run(self, port: int, messages: Messages) -> None:
        while not self._is_over:
            part = paced(port, messages.unused(), per_second=BESIDE_PER_SECOND, seconds=0.5)
            self._load.latencies += part.latencies
            self._load.statuses += part.statuses

    def stop(self) -> Load:
        self._is_over = True
        self._thread.join()
        return self._load


@contextmanager
def ready_stack(kind: str, crm: Crm, **settings: str) -> Iterator[Stack]:
    """A running server on a database of this kind, warmed up."""
    with database(kind) as url, new_stack(crm.url, url, **settings) as stack:
        stack.start()
        stack.create_integration()
        warm_up(stack)
        yield stack


def warm_up(stack: Stack) -> None:
    """Some calls all the way, so that nothing is measured that happens only once."""
    messages = Messages(stack.hook_path, stack.port, first=1)
    with connection(stack.database_url) as opened:
        seen = Calls(opened)
        closed_loop(stack.port, messages.calls(WARM_UP), connections=4)
        seen.wait_for(WARM_UP, PATIENCE_SECONDS)


@contextmanager
def database(kind: str) -> Iterator[str | None]:
    """The address of an empty database; None for SQLite in the server's own folder."""
    if kind == "sqlite":
        yield None
        return
    with postgres.running() as server:
        yield server.database("main")


if __name__ == "__main__":
    main()
