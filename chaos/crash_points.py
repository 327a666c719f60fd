"""python -m chaos.crash_points: a kill at every point of every write, times the CRM's answers.

With a good answer at every point from the first commit to the last; with each other answer at every
point of the write's own life.

The CRM is the simulated one with its idempotency off, so only our own ledger keeps a write from
being done twice. In the end CRM, ledger and calls must look as after an undisturbed run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from chaos.crash_cases import Case, every_case
from chaos.crash_report import Report
from chaos.crash_shard import Plan, Result, run
from tests.factories import create_tables
from tests.postgres import find_programs, running_postgres

DATABASES = ("sqlite", "postgresql")
SHARDS = 2
KILLS_OF_A_SAMPLE = 4
PAIRS = 2
SAY_EVERY = 500


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    is_good = True
    for database in [options.database] if options.database else DATABASES:
        began = time.monotonic()
        cases, plan = _chosen(options)
        report = Report()
        shards = SHARDS if options.sample is None else 1
        with tempfile.TemporaryDirectory(prefix="crash-") as folder:
            for result in _results(database, Path(folder), cases, plan, shards):
                report.add(result)
                _say(report)
        print(f"\n## {database}\n", *report.lines(), sep="\n")
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
        is_good &= report.is_good
    return 0 if is_good else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos.crash_points", description=__doc__)
    parser.add_argument("--database", choices=DATABASES, help="only this one")
    parser.add_argument("--sample", type=int, metavar="N", help="about N kills by chance")
    parser.add_argument("--seed", type=int, default=1, help="of the sample and of the pairs")
    parser.add_argument("--only", metavar="TEXT", help="cases with this in `write / answer`")
    return parser.parse_args(arguments)


def _chosen(options: argparse.Namespace) -> tuple[list[Case], Plan]:
    cases = [case for case in every_case() if not options.only or options.only in case.name]
    if options.sample is None:
        return cases, Plan(options.seed, pairs=PAIRS)
    few = min(len(cases), max(1, options.sample // (KILLS_OF_A_SAMPLE + 1)))
    chosen = random.Random(options.seed).sample(cases, few)
    return chosen, Plan(options.seed, kills=KILLS_OF_A_SAMPLE, pairs=1)


def _say(report: Report) -> None:
    if report.kills and len(report.kills) % SAY_EVERY == 0:
        words = f"{len(report.kills):,} kills, {len(report.wrong)} wrong"
        print(words, file=sys.stderr, flush=True)


# Shards at work


def _results(
    database: str, folder: Path, cases: list[Case], plan: Plan, count: int
) -> Iterator[Result]:
    """What the shards find, as it comes. Raises RuntimeError if one of them breaks."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    with _databases(database, folder, count) as urls:
        shards = []
        for number, url in enumerate(urls):
            place = folder / str(number)
            place.mkdir()
            create_tables(url, place)
            share = cases[number::count]
            shards.append(context.Process(target=_work, args=(url, place, share, plan, queue)))
        for shard in shards:
            shard.start()
        left = len(shards)
        while left:
            result = queue.get()
            left -= result is None
            if result is not None:
                yield result
        for shard in shards:
            shard.join()
        if any(shard.exitcode for shard in shards):
            raise RuntimeError("a shard broke: see above")


def _work(
    url: str, folder: Path, cases: list[Case], plan: Plan, queue: multiprocessing.Queue[Result]
) -> None:
    try:
        for result in run(url, folder, cases, plan):
            queue.put(result)
    finally:
        queue.put(None)  # type: ignore[arg-type]


@contextmanager
def _databases(database: str, folder: Path, count: int) -> Iterator[list[str]]:
    """An empty database for each shard; PostgreSQL's are on the server of DATABASE_URL, if that
    is one, else on one of our own."""
    if database == "sqlite":
        yield [f"sqlite:///{folder / str(number) / 'app.db'}" for number in range(count)]
        return
    with _postgres() as server:
        names = [f"crash_points_{os.getpid()}_{number}" for number in range(count)]
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in names:
                connection.execute(text(f"CREATE DATABASE {name}"))
            try:
                address = make_url(server)
                yield [
                    address.set(database=name).render_as_string(hide_password=False)
                    for name in names
                ]
            finally:
                for name in names:
                    connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


@contextmanager
def _postgres() -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    programs = find_programs()
    if programs is None:
        raise RuntimeError("no PostgreSQL server on this machine (postgres, initdb, pg_ctl)")
    with running_postgres(programs) as url:
        yield url


if __name__ == "__main__":
    sys.exit(main())
