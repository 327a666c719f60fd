"""python -m chaos: the fault campaign on both databases, or what is asked for.

python -m chaos                           300 calls, seed 1, each database
python -m chaos --seeds 1-10 --calls 1000 --database postgresql
python -m chaos controls                  with one safeguard taken out each: must be caught
The exit code is 0 if nothing was lost, doubled or unexpected, and 1 else: docs/fault-campaign.md.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from chaos.campaign import run_campaign
from chaos.controls import CONTROLS, as_it_must_be, run_controls
from chaos.killers import EVERYBODY
from chaos.report import as_json, show
from chaos.results import Order
from chaos.sabotaged import SABOTAGES

# From so many calls on every kind of fault must have happened.
LONG_CALLS = 1000


def main() -> int:
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _leave)
    told, is_good = _controls() if options.what == "controls" else _campaigns(options)
    if options.json:
        Path(options.json).write_text(json.dumps(told, indent=2) + "\n")
    return 0 if is_good else 1


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("what", nargs="?", choices=("run", "controls"), default="run")
    made.add_argument("--calls", type=int, default=300)
    made.add_argument("--seeds", default="1", help="a number, or a range as 1-10")
    made.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    made.add_argument("--per-second", type=float, default=12.0, help="calls that begin a second")
    made.add_argument("--often", type=float, default=1.0, help="how much likelier CRM faults are")
    made.add_argument("--limit", type=float, help="seconds after which a campaign is broken off")
    made.add_argument("--no-kills", action="store_true", help="nothing of ours is killed")
    made.add_argument("--no-drops", action="store_true", help="the PBX tells of every call")
    made.add_argument("--without", choices=tuple(SABOTAGES), default="", help="a safeguard")
    made.add_argument("--json", metavar="FILE", help="a summary for programs")
    return made


def _campaigns(options: argparse.Namespace) -> tuple[list[dict[str, Any]], bool]:
    first, _, last = options.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    told, is_good = [], True
    for database in options.database or ("sqlite", "postgresql"):
        for seed in seeds:
            result = run_campaign(_order(options, seed, database))
            show(result)
            told.append(as_json(result))
            is_whole = options.calls < LONG_CALLS or options.no_kills or not result.missing
            is_good &= result.is_clean and is_whole
    clean = sum(one["clean"] for one in told)
    print(f"{clean} of {len(told)} campaigns: nothing lost, nothing doubled", flush=True)
    return told, is_good


def _order(options: argparse.Namespace, seed: int, database: str) -> Order:
    return Order(
        seed,
        options.calls,
        database,
        options.per_second,
        sabotage=options.without,
        drops=not options.no_drops,
        killers=() if options.no_kills else EVERYBODY,
        often=options.often,
        limit_seconds=options.limit or 300 + options.calls,
    )


def _controls() -> tuple[list[dict[str, Any]], bool]:
    results = run_controls(show)
    for name in CONTROLS:
        what = f"without {name}" if name else "as it is"
        must = "must be caught" if name else "must be clean"
        word = "yes" if as_it_must_be(name, results[name]) else "NO"
        print(f"{what:16} {must:15} {word}", flush=True)
    is_good = all(as_it_must_be(name, result) for name, result in results.items())
    return [as_json(result) for result in results.values()], is_good


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Told to stop, stop what was started."""
    raise SystemExit(143)


if __name__ == "__main__":
    sys.exit(main())
