"""Read so many made-up bodies and fold their calls, in this process and its children.

A body is read, or refused as unreadable: nothing else. What was read is stored and read again as
the same; its call folds to the same facts in any order and repetition. Each has its time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from clients.notifications import UnreadableError, read
from fuzz.making import Maker, Sent
from rules.events import Event
from rules.facts import Surroundings, fold

SHARE = 10_000
MOST_MILLISECONDS = 250.0  # of processor time, for 64 KiB at most
AROUND = Surroundings(zone=ZoneInfo("Asia/Dubai"), country="AE")
BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)
CALL_EVENTS = 6


class Broken(AssertionError):
    """A body that was not treated as it must be."""


@dataclass
class Tally:
    """What became of bodies."""

    kinds: Counter[str] = field(default_factory=Counter)
    folded: int = 0
    slowest_ms: float = 0.0

    def add(self, other: Tally) -> None:
        self.kinds += other.kinds
        self.folded += other.folded
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)


def run_share(seed: str, count: int) -> Tally:
    """Try `count` bodies of this seed. Raises Broken with what to make it again with."""
    maker, order, tally = Maker(seed), random.Random(seed), Tally()
    calls: dict[str, deque[Event]] = {}
    for number in range(count):
        sent = maker.make()
        try:
            event = _read(sent, tally)
            if event is not None and event.call_session_id is not None:
                _fold(calls, event, order, tally, number)
        except Exception as error:
            raise Broken(f"seed {seed!r}, body {number}: {sent!r}") from error
    return tally


def _read(sent: Sent, tally: Tally) -> Event | None:
    began = time.thread_time()
    try:
        event = read(sent.body, sent.content_type, sent.query).event
    except UnreadableError as error:
        event = None
        tally.kinds[f"unreadable: {error.code}"] += 1
    spent = (time.thread_time() - began) * 1000
    tally.slowest_ms = max(tally.slowest_ms, spent)
    if spent > MOST_MILLISECONDS:
        raise Broken(f"{spent:.0f} ms")
    if event is None:
        return None
    tally.kinds["used" if event.is_used else "ignored"] += 1
    stored = json.dumps(dict(event.members), ensure_ascii=False)
    stored.encode()  # what a database takes: UTF-8 without NUL
    if "\0" in texts_of(event) or json.loads(stored) != event.members:
        raise Broken("cannot be stored as it is")
    if event.call_session_id is not None and not 0 < len(event.call_session_id) <= 64:
        raise Broken(f"call_session_id {event.call_session_id!r}")
    return event


def texts_of(event: Event) -> str:
    """All texts of an event in one."""
    values = [value for each in event.members.values() for value in _texts(each)]
    return "|".join([event.kind, event.call_session_id or "", *event.members, *values])


def _texts(value: object) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


def _fold(
    calls: dict[str, deque[Event]], event: Event, order: random.Random, tally: Tally, number: int
) -> None:
    """Fold the last events of the call; sometimes again, shuffled and doubled."""
    known = calls.setdefault(event.call_session_id or "", deque(maxlen=CALL_EVENTS))
    known.append(replace(event, row_id=number, received_at=BEGAN + timedelta(seconds=number)))
    if len(calls) > 200:
        calls.clear()
    facts = fold(known, AROUND)
    tally.folded += 1
    if order.random() < 0.1:
        shuffled = [*known, *order.choices(list(known), k=2)]
        order.shuffle(shuffled)
        if fold(shuffled, AROUND) != facts:
            raise Broken(f"another order, other facts: {list(known)!r}")


def run(count: int, seed: int, processes: int) -> Tally:
    """All shares, on so many processes."""
    shares = [
        (f"{seed}.{start // SHARE}", min(SHARE, count - start)) for start in range(0, count, SHARE)
    ]
    tally = Tally()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for done in pool.starmap(run_share, shares, chunksize=1):
            tally.add(done)
    return tally


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="fuzz bodies", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(words)
    began = time.monotonic()
    tally = run(options.count, options.seed, options.processes)
    seconds = time.monotonic() - began
    print(f"{options.count} bodies of seed {options.seed} in {seconds:.0f} s: none broke anything")
    for kind, number in tally.kinds.most_common():
        print(f"  {kind}: {number}")
    print(f"  folds: {tally.folded}, one in ten also in another order")
    print(f"  slowest body: {tally.slowest_ms:.0f} ms of processor time")
