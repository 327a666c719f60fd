"""python -m bench.popups: from the PBX's notification to the card on the employee's page.

Consoles are open on the real server (web, live process, workers, broker); notifications of ringing
phones come at a steady rate. The same trickle is first measured without any console.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from bench import processes
from bench.calls import ready_stack
from bench.consoles import Console, employee_of, make_cookies, open_all
from bench.messages import FIRST_PHONE, LINE
from bench.stack import ROOT, STOP_SECONDS, Stack, crm_simulator, free_port, status, wait_until
from bench.tables import goal, machine, spread, table

ZONE = ZoneInfo("Asia/Dubai")
CRM_SECONDS = 0.2
MEDIAN_GOAL_MS, P99_GOAL_MS = 300.0, 1000.0
REST_SECONDS = 4.0
TURNS = 2
CONNECTIONS = 8
# How the streams are served: web processes, and whether the consoles have one of their own.
SETUPS = {"2 web processes": (2, False), "1 web process": (1, False), "apart": (1, True)}


@dataclass
class Ring:
    """One notification: when it went, how long its answer took."""

    call: str
    console: int
    sent_at: float
    answer_seconds: float = 0.0


@dataclass
class Measured:
    """One round, in seconds and bytes."""

    without: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    cards: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)
    lost: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    bytes_all: int = 0


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.popups", description=__doc__)
    parser.add_argument("--consoles", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=10.0, help="phones that begin to ring")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="8 seconds, one round, one set-up")
    parser.add_argument("--setup", choices=tuple(SETUPS), action="append")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="sqlite")
    options = parser.parse_args(arguments)
    if options.quick:
        options.seconds, options.rounds = 8.0, 1
    names = options.setup or (["2 web processes"] if options.quick else [*SETUPS])
    machine()
    found: dict[str, list[Measured]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name in names:
            found[name].append(_round(options, *SETUPS[name]))
    _print(found, options)


def _round(options: argparse.Namespace, web: int, is_apart: bool) -> Measured:
    settings = {"WEB_CONCURRENCY": str(web)}
    with ExitStack() as opened:
        crm = opened.enter_context(crm_simulator())
        stack = opened.enter_context(ready_stack(options.database, crm, **settings))
        crm.answer_after(CRM_SECONDS)
        cookies = make_cookies(stack, options.consoles)
        port = opened.enter_context(_second_web(stack)) if is_apart else stack.port
        time.sleep(4.0)  # the office is read anew each 3 s: now with its employees
        return asyncio.run(_measure(stack, port, cookies, options))


@contextmanager
def _second_web(stack: Stack) -> Iterator[int]:
    """A web process for consoles alone, beside the one that takes notifications."""
    port = free_port()
    environment = stack.environment | {"PORT": str(port), "WEB_CONCURRENCY": "1"}
    command = [sys.executable, "-m", "runtime", "web"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: status(f"http://127.0.0.1:{port}/healthz") == 200)
        yield port
    finally:
        server.terminate()
        server.wait(STOP_SECONDS)


async def _measure(
    stack: Stack, port: int, cookies: list[str], options: argparse.Namespace
) -> Measured:
    """Without consoles, with them, without, with: the same trickle each time."""
    found = Measured()
    phones = Phones(stack, len(cookies))
    for _ in range(TURNS):
        first = await phones.ring(options.per_second, options.seconds / TURNS)
        found.without += [ring.answer_seconds for ring in first]
        await asyncio.sleep(REST_SECONDS)
        before = found.bytes_before or processes.pss_bytes(_web(stack))
        consoles = await open_all(port, cookies)
        await asyncio.sleep(REST_SECONDS)
        rings = await phones.ring(options.per_second, options.seconds / TURNS)
        await asyncio.sleep(REST_SECONDS)
        found.bytes_before = before
        found.bytes_after = processes.pss_bytes(_web(stack))
        found.bytes_all = processes.pss_bytes([*{*stack.pids(), *_web(stack)}])
        found.beside += [ring.answer_seconds for ring in rings]
        _compare(found, rings, consoles)
        for console in consoles:
            console.close()
        await asyncio.sleep(REST_SECONDS)
    return found


def _web(stack: Stack) -> list[int]:
    """The web processes; a second one is a child of the measurement, not of the server."""
    apart = [pid for pid in processes.tree(os.getpid()) if processes.name(pid).startswith("web")]
    return [*{*stack.web(), *apart}]


def _compare(found: Measured, rings: list[Ring], consoles: list[Console]) -> None:
    for ring in rings:
        came = consoles[ring.console].came
        first = came.get((ring.call, 1))
        if first is None:
            found.lost += 1
            continue
        found.cards.append(first - ring.sent_at)
        if (ring.call, 2) in came:
            found.complete.append(came[(ring.call, 2)] - ring.sent_at)


class Phones:
    """Rings at random employees' phones, each time for a call of an unknown number."""

    def __init__(self, stack: Stack, employees: int) -> None:
        self._stack = stack
        self._employees = employees
        self._random = random.Random(7)
        self._number = 0

    async def ring(self, per_second: float, seconds: float) -> list[Ring]:
        """So many a second, whether answers come or not."""
        idle: asyncio.Queue[Any] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            idle.put_nowait(await asyncio.open_connection("127.0.0.1", self._stack.port))
        due, ends_at = perf_counter(), perf_counter() + seconds
        tasks = []
        while due < ends_at:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            self._number += 1
            ring = Ring(
                str(800_000_000_000 + self._number), self._random.randrange(self._employees), due
            )
            tasks.append(asyncio.create_task(self._send(ring, idle)))
            due += 1 / per_second
        rings = await asyncio.gather(*tasks)
        while not idle.empty():
            idle.get_nowait()[1].close()
        return rings

    async def _send(self, ring: Ring, idle: asyncio.Queue[Any]) -> Ring:
        reader, writer = await idle.get()
        writer.write(self._request(ring))
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"not acknowledged: {head!r}")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        ring.answer_seconds = perf_counter() - ring.sent_at
        idle.put_nowait((reader, writer))
        return ring

    def _request(self, ring: Ring) -> bytes:
        now = datetime.now(ZONE).replace(tzinfo=None)
        body = json.dumps(
            {
                "event": "waiting_answer",
                "virtual_phone_number": LINE,
                "notification_time": (now - timedelta(milliseconds=1)).isoformat(" "),
                "contact_phone_number": str(FIRST_PHONE + self._number),
                "employee_full_name": f"Agent {ring.console}",
                "employee_id": employee_of(ring.console),
                "call_session_id": ring.call,
                "direction": "in",
                "leg_id": 1,
            }
        )
        return (
            f"POST {self._stack.hook_path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def _print(found: dict[str, list[Measured]], options: argparse.Namespace) -> None:
    rows = [_row(name, rounds, options.consoles) for name, rounds in found.items()]
    title = (
        f"Pop-ups, {options.database}: {options.consoles} consoles, {options.per_second:g} rings/s,"
        f" CRM answers after {CRM_SECONDS * 1000:.0f} ms, {options.rounds} rounds of"
        f" {options.seconds:g} s"
    )
    columns = ("streams in", "card p50 ms", "card p99 ms", "goal", "complete p50 ms", "lost")
    columns += ("KB/console", "server MB", "ack p50 ms 0 / open", "ack p99 ms 0 / open", "ratio")
    table(title, columns, rows)


def _row(name: str, rounds: list[Measured], consoles: int) -> list[str]:
    p50 = [_ms(each.cards, 50) for each in rounds]
    p99 = [_ms(each.cards, 99) for each in rounds]
    is_kept = median(p50) <= MEDIAN_GOAL_MS
    kept = goal(median(p99), P99_GOAL_MS, at_least=False) if is_kept else "MISSED: median"
    memory = [(each.bytes_after - each.bytes_before) / consoles / 1000 for each in rounds]
    ratios = [_ms(each.beside, 50) / _ms(each.without, 50) for each in rounds]
    return [
        name,
        spread(p50),
        spread(p99),
        kept,
        spread([_ms(each.complete, 50) for each in rounds]),
        str(sum(each.lost for each in rounds)),
        spread(memory),
        spread([each.bytes_all / 1e6 for each in rounds]),
        _pair(rounds, 50),
        _pair(rounds, 99),
        spread(ratios, 2),
    ]


def _pair(rounds: list[Measured], percentile: float) -> str:
    without = median(_ms(each.without, percentile) for each in rounds)
    beside = median(_ms(each.beside, percentile) for each in rounds)
    return f"{without:.1f} / {beside:.1f}"


def _ms(seconds: list[float], percentile: float) -> float:
    ordered = sorted(seconds)
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, int(len(ordered) * percentile / 100))] * 1000


if __name__ == "__main__":
    main()
