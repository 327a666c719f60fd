"""python -m bench.growth: what acknowledging and calls cost with ever more stored notifications.

One database for each size, filled beforehand with finished calls; the sizes are measured in turn,
round after round, each by its own server.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

from bench import postgres
from bench.acknowledge import CONNECTIONS, frozen, wait_until_idle
from bench.calls import Round, one_round, warm_up
from bench.database import connection
from bench.filling import fill
from bench.load import Load, closed_loop
from bench.messages import Messages
from bench.stack import Crm, Stack, crm_simulator, new_stack
from bench.tables import goal, machine, spread, table

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (10_000, 50_000)
GOAL = 1.5


@dataclass(frozen=True)
class Cost:
    """One round on one size; every value is a cost, so that more is worse."""

    acknowledgement: Load
    calls: Round

    @property
    def values(self) -> tuple[float, ...]:
        return (
            1000 / self.acknowledgement.rate,
            self.acknowledgement.milliseconds(99),
            1000 / self.calls.rate,
            self.calls.worker_ms,
        )


NAMES = ("ms per acknowledgement", "its p99 ms", "ms per call", "worker CPU ms per call")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=4.0, help="of acknowledging")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="two small sizes, 2 rounds of 200")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    options = parser.parse_args(arguments)
    if options.quick:
        options.calls, options.seconds, options.rounds = 200, 1.0, 2
    sizes = QUICK_SIZES if options.quick else SIZES
    machine()
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, filled_stacks(kind, crm, sizes) as stacks:
            found = _rounds(stacks, crm, options)
            _print(kind, found, options)


def _rounds(
    stacks: dict[int, Stack], crm: Crm, options: argparse.Namespace
) -> dict[int, list[Cost]]:
    found: dict[int, list[Cost]] = defaultdict(list)
    for number in range(options.rounds):
        for size, stack in stacks.items():
            stack.start()
            found[size].append(_measure(stack, crm, options, number))
            stack.stop()
    return found


def _measure(stack: Stack, crm: Crm, options: argparse.Namespace, number: int) -> Cost:
    first = 1_000_000 * (number + 1)
    warm_up(stack, first=first)
    crm.forget()
    messages = Messages(stack.hook_path, stack.port, first=first + 1000)
    calls = one_round(stack, crm, messages, options.calls)
    wait_until_idle(stack)
    # Events that we do not use: nothing is left to do that would make the next round another one.
    with frozen([*stack.workers(), *stack.live()]):
        load = closed_loop(
            stack.port, messages.unused(), connections=CONNECTIONS, seconds=options.seconds
        )
    return Cost(load, calls)


def _print(kind: str, found: dict[int, list[Cost]], options: argparse.Namespace) -> None:
    sizes = list(found)
    rows = [_row(at, name, found) for at, name in enumerate(NAMES)]
    columns = ["cost", *(f"{size:,} stored" for size in sizes), "largest / smallest", "goal"]
    title = f"Growth, {kind}: {options.rounds} rounds of {options.calls} calls"
    table(f"{title} and {options.seconds:g} s of acknowledging", columns, rows)


def _row(at: int, name: str, found: dict[int, list[Cost]]) -> list[str]:
    values = {size: [cost.values[at] for cost in costs] for size, costs in found.items()}
    smallest, *_, largest = values.values()
    ratio = median(largest) / median(smallest)
    shown = [spread(each, 2) for each in values.values()]
    return [name, *shown, f"{ratio:.2f}", goal(ratio, GOAL, at_least=False)]


@contextmanager
def filled_stacks(kind: str, crm: Crm, sizes: tuple[int, ...]) -> Iterator[dict[int, Stack]]:
    """A server for each size, stopped, its database filled."""
    with ExitStack() as running:
        server = running.enter_context(postgres.running()) if kind == "postgresql" else None
        stacks = {}
        for size in sizes:
            url = server.database(f"size_{size}") if server else None
            stacks[size] = running.enter_context(new_stack(crm.url, url))
            _prepare(stacks[size], size)
        yield stacks


def _prepare(stack: Stack, size: int) -> None:
    stack.start()
    stack.create_integration()
    warm_up(stack)
    stack.stop()
    seconds = _timed(lambda: _fill(stack, size))
    print(f"{size:,} notifications filled in within {seconds:.0f} s", flush=True)


def _fill(stack: Stack, size: int) -> None:
    with connection(stack.database_url) as opened:
        fill(opened, stack.database_url, notifications=size)


def _timed(do: Callable[[], None]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
