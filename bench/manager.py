"""python -m bench.manager: how long a caller waits until it is known whom he is put through to.

20 and 50 callers ask once a second each, 20 more as fast as they are answered, while the CRM
answers at once, after 200 ms, after 5 s and not at all. Three kinds of numbers: read into the index
less than a minute ago, an hour ago, and never. The ratio is to the young index, a quick CRM.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, cycle
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from bench.calls import database
from bench.database import connection
from bench.load import Load, closed_loop, paced
from bench.stack import Crm, Stack, crm_simulator, integration_file, new_stack
from bench.tables import goal, machine, spread, table

CRM_STATES: dict[str, float | None] = {"0 ms": 0.0, "200 ms": 0.2, "5,000 ms": 5.0, "never": None}
LOADS = {"20 callers": 20, "50 callers": 50, "20 at full speed": 0}
YOUNG, OLD, NEVER = "young index", "older index", "not in the index"
GOALS_MS = {YOUNG: 50.0, OLD: 900.0, NEVER: 900.0}
KNOWN = 20_000
FIRST = 971_500_000_000
FULL_SPEED_CALLERS = 20
SETTLE_SECONDS = 4.0  # the list of clients is read, the office is kept anew
HOUR_MS = 3_600_000

Key = tuple[str, str, str]  # state of the CRM, numbers, load


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.manager", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="2 seconds, one round")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    options = parser.parse_args(arguments)
    seconds, rounds = (2.0, 1) if options.quick else (options.seconds, options.rounds)
    machine()
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, _ready(kind, crm) as (stack, path):
            _print(kind, _measure(stack, path, crm, seconds=seconds, rounds=rounds))


@contextmanager
def _ready(kind: str, crm: Crm) -> Iterator[tuple[Stack, str]]:
    """A server whose forwarding is on, and the address of the question."""
    with database(kind) as url, new_stack(crm.url, url) as stack:
        stack.start()
        document = integration_file(crm.url)
        document["settings"]["incoming"]["personal_manager"] = {"enabled": True}
        made = json.loads(stack.command("integrations", "create", "-", given=json.dumps(document)))
        with connection(stack.database_url) as opened:
            opened.execute(
                "INSERT INTO employee (integration_id, employee_id, phones) "
                f"VALUES ({int(made['id'])}, '101', '[\"971501\"]')"
            )
        time.sleep(SETTLE_SECONDS)
        path = urlsplit(made["manager_url"]).path
        # Nothing is measured that happens only once in a process.
        closed_loop(stack.port, _questions(path, stack.port, iter(range(200))), connections=4)
        yield stack, path


def _measure(
    stack: Stack, path: str, crm: Crm, *, seconds: float, rounds: int
) -> dict[Key, list[Load]]:
    """Every state, kind of numbers and load in turn, as often as there are rounds."""
    found: dict[Key, list[Load]] = defaultdict(list)
    fresh = count(FIRST + 10 * KNOWN)
    for _ in range(rounds):
        for state, latency in CRM_STATES.items():
            with _answering(crm, latency):
                for numbers in (YOUNG, OLD, NEVER):
                    for name, callers in LOADS.items():
                        with connection(stack.database_url) as opened:
                            _fill(opened, HOUR_MS if numbers == OLD else 0)
                        known = fresh if numbers == NEVER else cycle(range(FIRST, FIRST + KNOWN))
                        asked = _questions(path, stack.port, known)
                        load = _load(stack.port, asked, callers, seconds)
                        if load.refused:
                            raise RuntimeError(f"not answered: {load.statuses}")
                        found[state, numbers, name].append(load)
    return found


def _load(port: int, asked: Iterator[bytes], callers: int, seconds: float) -> Load:
    if not callers:
        return closed_loop(port, asked, connections=FULL_SPEED_CALLERS, seconds=seconds)
    return paced(port, asked, per_second=callers, seconds=seconds, connections=callers)


@contextmanager
def _answering(crm: Crm, latency: float | None) -> Iterator[None]:
    """The CRM answers after so long; None: it takes requests and says nothing."""
    if latency is not None:
        crm.answer_after(latency)
        yield
        return
    crm.answer_after(0.0)
    os.kill(crm.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(crm.process.pid, signal.SIGCONT)


def _fill(opened: Any, age_ms: int) -> None:
    """The index as it is some time after all its numbers were read."""
    is_sqlite = not hasattr(opened, "info")
    mark = "?" if is_sqlite else "%s"
    read_at = int(time.time() * 1000) - age_ms
    (account,) = opened.execute("SELECT max(id) FROM crm_account").fetchone()
    rows = [(account, f"+{number}", read_at) for number in range(FIRST, FIRST + KNOWN)]
    cursor = opened.cursor()
    cursor.execute("BEGIN")
    cursor.executemany(
        "INSERT INTO known_client (crm_account_row_id, phone, client_id, responsible_user_id, "
        "open_leads, open_deals, read_at, source) VALUES "
        f"({mark}, {mark}, 'c_1', 'u_17', '[]', '[]', {mark}, 'refresh') "
        "ON CONFLICT (crm_account_row_id, phone) DO UPDATE SET read_at = excluded.read_at, "
        "client_id = 'c_1', responsible_user_id = 'u_17'",
        rows,
    )
    cursor.execute("COMMIT")
    cursor.close()


def _questions(path: str, port: int, numbers: Iterator[int]) -> Iterator[bytes]:
    for number in numbers:
        yield (
            f"GET {path}?numa={number}&numb=97140000001&call_session_id={number} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\n\r\n"
        ).encode()


def _print(kind: str, found: dict[Key, list[Load]]) -> None:
    basis = {name: _p50(found["0 ms", YOUNG, name]) for _, _, name in found}
    rows = [
        [
            *key,
            spread([load.rate for load in loads]),
            spread([load.milliseconds(50) for load in loads], 1),
            spread([load.milliseconds(99) for load in loads], 1),
            spread([load.milliseconds(100) for load in loads], 0),
            f"{_p50(loads) / basis[key[2]]:.1f}",
            goal(_p99(loads), GOALS_MS[key[1]], at_least=False) if LOADS[key[2]] else "-",
        ]
        for key, loads in found.items()
    ]
    columns = ("CRM", "numbers", "load", "answers/s", "p50 ms", "p99 ms", "max ms", "ratio", "p99")
    table(f"Personal manager, {kind}, 2 web processes", columns, rows)


def _p50(loads: list[Load]) -> float:
    return median(load.milliseconds(50) for load in loads)


def _p99(loads: list[Load]) -> float:
    return median(load.milliseconds(99) for load in loads)


if __name__ == "__main__":
    main()
