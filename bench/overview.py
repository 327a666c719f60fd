"""python -m bench.overview: what the overview costs with many calls.

The calls lie in the last 60 days, so that 30 days and the 30 before them hold them all. "Counting"
is the statement behind the figures by itself; the page is asked over one kept connection, first
when nothing is kept, then while the figures are.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from statistics import median

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench import postgres
from bench.database import connection
from bench.filling import PER_CALL, fill
from bench.pages import log_in, measure
from bench.stack import Stack, crm_simulator, new_stack
from bench.tables import goal, machine, table
from rules.figures import span_of
from rules.periods import PeriodWord
from services.figures import read_figures

DAYS = 60
GOAL_MS = 100.0  # of the page while the figures are kept
ROUNDS = 3


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.overview", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="50,000 calls")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    options = parser.parse_args(arguments)
    calls = 50_000 if options.quick else options.calls
    machine()
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, _stack(kind, crm.url) as stack:
            _measure(stack, kind, calls)


@contextmanager
def _stack(kind: str, crm_url: str) -> Iterator[Stack]:
    with ExitStack() as running:
        server = running.enter_context(postgres.running()) if kind == "postgresql" else None
        database_url = server.database("overview") if server else None
        yield running.enter_context(new_stack(crm_url, database_url))


def _measure(stack: Stack, kind: str, calls: int) -> None:
    stack.start()
    stack.create_integration()
    with connection(stack.database_url) as opened:
        fill(
            opened,
            stack.database_url,
            notifications=calls * PER_CALL,
            days=DAYS,
            only_calls=True,
        )
    person = log_in(stack)
    rows = []
    for word in PeriodWord:
        path = f"/integrations/1/overview?period={word}"
        began = time.perf_counter()
        person.get(f"http://127.0.0.1:{stack.port}{path}", timeout=60).raise_for_status()
        first = (time.perf_counter() - began) * 1000
        kept = median(measure(stack, person, {"page": path}, 10)["page"])
        counting = _counting(stack, word)
        kept_goal = goal(kept, GOAL_MS, at_least=False)
        rows.append([word, f"{counting:.0f}", f"{first:.0f}", f"{kept:.0f}", kept_goal])
    title = f"The overview, {kind}, {calls:,} calls in {DAYS} days"
    table(title, ("period", "counting, ms", "first page, ms", "kept page, ms", "goal"), rows)


def _counting(stack: Stack, word: PeriodWord) -> float:
    engine = create_engine(stack.database_url)
    found = []
    for _round in range(ROUNDS):
        with Session(engine) as session:
            began = time.perf_counter()
            read_figures(session, 1, span_of(word, datetime.now(UTC), "Asia/Dubai"))
            found.append((time.perf_counter() - began) * 1000)
    engine.dispose()
    return median(found)


if __name__ == "__main__":
    main()
