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

from bench import postgres
from bench.database import Calls, connection
from bench.load import Load, closed_loop, paced
from bench.messages import Messages
from bench.spending import Meter, Spent, print_spending
from bench.stack import Crm, Stack, crm_simulator, new_stack
from bench.tables import goal, machine, spread, table

LATENCIES = (0.0, 0.05)
GOALS = {0.0: 200.0, 0.05: 130.0}
CPU_GOAL_MS = 8.0
ACK_GOAL_MS = 100.0
BESIDE_PER_SECOND = 20.0
PATIENCE_SECONDS = 180.0
WARM_UP = 50


@dataclass(frozen=True)
class Round:
    """One burst: calls a second, who spent what, acknowledgements during it."""

    calls: int
    seconds: float
    requests: float
    spent: Spent
    acknowledgements: Load

    @property
    def rate(self) -> float:
        return self.calls / self.seconds

    @property
    def worker_ms(self) -> float:
        return self.spent["workers"] / self.calls * 1000


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.calls", description=__doc__)
    parser.add_argument("--calls", type=int, default=3000, help="calls in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="400 calls, 2 rounds")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    parser.add_argument("--notifications", type=int, choices=(1, 2), default=2, help="of a call")
    options = parser.parse_args(arguments)
    calls, rounds = (400, 2) if options.quick else (options.calls, options.rounds)
    machine()
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, ready_stack(kind, crm) as stack:
            measure(
                kind, stack, crm, calls=calls, rounds=rounds, notifications=options.notifications
            )


def measure(
    kind: str, stack: Stack, crm: Crm, *, calls: int, rounds: int, notifications: int
) -> None:
    found: dict[float, list[Round]] = {latency: [] for latency in LATENCIES}
    messages = Messages(stack.hook_path, stack.port, first=1_000_000)
    for _ in range(rounds):
        for latency in LATENCIES:
            crm.forget()
            crm.answer_after(latency)
            found[latency].append(one_round(stack, crm, messages, calls, notifications))
    rows = [_row(latency, results) for latency, results in found.items()]
    columns = ("CRM answers after", "calls/s", "goal", "worker CPU ms/call", "goal")
    columns += ("CRM requests/call", "ack p50 ms", "ack p99 ms", "goal")
    title = f"Calls of {notifications} notifications, {kind}: {rounds} rounds of {calls} calls"
    table(f"{title}, 2 workers", columns, rows)
    for latency, results in found.items():
        title = f"Processor time, {kind}, CRM answers after {latency * 1000:.0f} ms"
        seconds = [result.seconds for result in results]
        print_spending(title, calls, seconds, [result.spent for result in results])


def _row(latency: float, results: list[Round]) -> list[str]:
    rates = [result.rate for result in results]
    cpu = [result.worker_ms for result in results]
    acks = [result.acknowledgements for result in results]
    p99 = [load.milliseconds(99) for load in acks]
    return [
        f"{latency * 1000:.0f} ms",
        spread(rates),
        goal(median(rates), GOALS[latency], at_least=True),
        spread(cpu, 2),
        goal(median(cpu), CPU_GOAL_MS, at_least=False) if latency == 0 else "-",
        spread([result.requests for result in results], 2),
        spread([load.milliseconds(50) for load in acks], 1),
        spread(p99, 1),
        goal(median(p99), ACK_GOAL_MS, at_least=False),
    ]


def one_round(
    stack: Stack, crm: Crm, messages: Messages, calls: int, notifications: int = 2
) -> Round:
    """Send a burst, wait for its last call."""
    with connection(stack.database_url) as opened:
        seen = Calls(opened)
        meter = Meter(stack, crm, opened)
        before, began = crm.requests(), time.time()
        burst = closed_loop(stack.port, messages.calls(calls, notifications=notifications))
        beside = _Beside(stack.port, messages)
        seen.wait_for(calls, PATIENCE_SECONDS)
        acks = beside.stop()
        seconds = seen.last_at() - began
        # A work-horse that is ending has not been waited for yet.
        time.sleep(0.3)
        spent = meter.spent()
    acks.latencies += burst.latencies
    if crm.doubled():
        raise RuntimeError("something was written twice")
    if burst.refused or acks.refused:
        raise RuntimeError(f"not acknowledged: {burst.statuses} {acks.statuses}")
    return Round(calls, seconds, (crm.requests() - before) / calls, spent, acks)


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


def warm_up(stack: Stack, *, first: int = 1) -> None:
    """Some calls all the way, so that nothing is measured that happens only once."""
    messages = Messages(stack.hook_path, stack.port, first=first)
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
