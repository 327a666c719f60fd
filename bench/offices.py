"""python -m bench.offices: what acknowledging, calls and doing nothing cost with ever more offices.

One database; the first office is made by the command line, the others are copies of its rows with a
webhook address and a CRM account row of their own. All speak with one CRM simulator.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from bench import processes
from bench.acknowledge import CONNECTIONS, frozen, wait_until_idle
from bench.calls import ready_stack
from bench.database import Calls, connection
from bench.load import closed_loop
from bench.messages import Messages
from bench.stack import Crm, Stack, crm_simulator
from bench.tables import goal, machine, table

SIZES = (1, 10, 100, 1000)
QUICK_SIZES = (1, 50)
GOAL = 1.5
PATIENCE_SECONDS = 180.0
# Each office has sessions and phones of its own.
NUMBERS_EACH = 900
COPIED = ("settings_version", "user_mapping", "crm_user", "employee", "virtual_number", "crm_list")


@dataclass(frozen=True)
class Cost:
    """What one size costs: milliseconds of processor time, and a tail."""

    ack_ms: float
    ack_p99: float
    call_ms: float
    idle_ms: float  # a second, all processes, nothing to do

    @property
    def values(self) -> tuple[float, ...]:
        return (self.ack_ms, self.ack_p99, self.call_ms, self.idle_ms)


NAMES = ("CPU ms per acknowledgement", "its p99 ms", "worker CPU ms per call", "at rest, CPU ms/s")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.offices", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of acknowledging")
    parser.add_argument("--rest", type=float, default=30.0, help="seconds of doing nothing")
    parser.add_argument("--quick", action="store_true", help="two small sizes, 200 calls")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    options = parser.parse_args(arguments)
    if options.quick:
        options.calls, options.seconds, options.rest = 200, 1.0, 5.0
    machine()
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, ready_stack(kind, crm) as stack:
            _measure(kind, stack, crm, options)


def _measure(kind: str, stack: Stack, crm: Crm, options: argparse.Namespace) -> None:
    sizes = QUICK_SIZES if options.quick else SIZES
    found: dict[int, Cost] = {}
    paths = [stack.hook_path]
    for number, size in enumerate(sizes):
        stack.stop()
        with connection(stack.database_url) as opened:
            paths += copy_first(opened, range(len(paths) + 1, size + 1))
        stack.start()
        crm.forget()
        found[size] = _cost(stack, paths, number, options)
    smallest, *_, largest = found.values()
    rows = []
    for at, name in enumerate(NAMES):
        ratio = largest.values[at] / smallest.values[at]
        kept = goal(ratio, GOAL, at_least=False) if at < len(NAMES) - 1 else "-"
        shown = [f"{cost.values[at]:.2f}" for cost in found.values()]
        rows.append([name, *shown, f"{ratio:.2f}", kept])
    columns = ["cost", *(f"{size:,} offices" for size in sizes), "largest / smallest", "goal"]
    table(f"Offices, {kind}: {options.calls} calls spread over them", columns, rows)


def _cost(stack: Stack, paths: list[str], number: int, options: argparse.Namespace) -> Cost:
    first = 1_000_000 * (number + 1)
    offices = [
        Messages(path, stack.port, first=first + at * NUMBERS_EACH) for at, path in enumerate(paths)
    ]
    # Every office's first request reads its row; what is measured is what follows.
    closed_loop(stack.port, (next(each.unused()) for each in offices), connections=4)
    wait_until_idle(stack)
    idle = _rest(stack, options.rest)
    call = _calls(stack, offices, options.calls)
    wait_until_idle(stack)
    before = processes.cpu_seconds(stack.web())
    with frozen(stack.workers()):
        load = closed_loop(
            stack.port, _unused(offices), connections=CONNECTIONS, seconds=options.seconds
        )
    spent = processes.cpu_seconds(stack.web()) - before
    if load.refused:
        raise RuntimeError(f"not acknowledged: {load.statuses}")
    return Cost(spent / len(load.latencies) * 1000, load.milliseconds(99), call, idle)


def _rest(stack: Stack, seconds: float) -> float:
    before = processes.cpu_seconds(stack.pids())
    time.sleep(seconds)
    return (processes.cpu_seconds(stack.pids()) - before) / seconds * 1000


def _calls(stack: Stack, offices: list[Messages], amount: int) -> float:
    with connection(stack.database_url) as opened:
        seen = Calls(opened)
        before = processes.cpu_seconds(stack.workers())
        closed_loop(stack.port, _spread_calls(offices, amount))
        seen.wait_for(amount, PATIENCE_SECONDS)
        time.sleep(0.5)  # a work-horse that is ending has not been waited for yet
        return (processes.cpu_seconds(stack.workers()) - before) / amount * 1000


def _spread_calls(offices: list[Messages], amount: int) -> Iterator[bytes]:
    for office, _ in zip(cycle(offices), range(amount), strict=False):
        yield from office.calls(1)


def _unused(offices: list[Messages]) -> Iterator[bytes]:
    streams = [office.unused() for office in offices]
    for stream in cycle(streams):
        yield next(stream)


def copy_first(opened: Any, numbers: range) -> list[str]:
    """Make offices with these ids after the first; returns the paths of their webhooks."""
    mark = "%s" if hasattr(opened, "info") else "?"
    paths = []
    opened.execute("BEGIN")
    for number in numbers:
        token = hashlib.sha256(f"office {number}".encode()).hexdigest()
        text = str(number)
        _copy(opened, "crm_account", id=text, account_id=f"account_id || '-{number}'")
        _copy(
            opened,
            "integration",
            id=text,
            crm_account_row_id=text,
            api_key_hash=f"substr(api_key_hash, 1, 50) || '-{number}'",
        )
        for name in COPIED:
            _copy(opened, name, integration_id=text)
        opened.execute(
            "INSERT INTO webhook_token (integration_id, token_hash, created_at) "
            f"SELECT {number}, {mark}, created_at FROM webhook_token WHERE integration_id = 1",
            (hashlib.sha256(token.encode()).hexdigest(),),
        )
        paths.append(f"/hooks/{token}")
    opened.execute("COMMIT")
    return paths


def _copy(opened: Any, name: str, **changed: str) -> None:
    """A copy of the first office's rows, `changed` columns by SQL; ids of their own."""
    scope = "id" if "id" in changed else "integration_id"
    columns = [each[0] for each in opened.execute(f"SELECT * FROM {name} LIMIT 0").description]
    kept = [each for each in columns if each != "id" or "id" in changed]
    values = ", ".join(changed.get(each, f'"{each}"') for each in kept)
    names = ", ".join(f'"{each}"' for each in kept)
    opened.execute(f"INSERT INTO {name} ({names}) SELECT {values} FROM {name} WHERE {scope} = 1")


if __name__ == "__main__":
    main()
