"""python -m chaos: the fault campaign. See docs/fault-campaign.md."""

from __future__ import annotations

import argparse
import sys

from chaos.campaign import Order, run_campaign
from chaos.killers import EVERYBODY
from chaos.report import show
from chaos.sabotaged import SABOTAGES


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seeds", default="1", help="1, or 1-10")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--per-second", type=float, default=15.0)
    parser.add_argument("--no-kills", action="store_true")
    parser.add_argument("--no-drops", action="store_true")
    parser.add_argument("--without", choices=tuple(SABOTAGES), default="")
    parser.add_argument("--often", type=float, default=1.0)
    parser.add_argument("--no-reconcile", action="store_true")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    code = 0
    for database in options.database or ("sqlite", "postgresql"):
        for seed in range(int(first), int(last or first) + 1):
            order = Order(
                seed,
                options.calls,
                database,
                options.per_second,
                killers=() if options.no_kills else EVERYBODY,
                drops=not options.no_drops,
                reconciles=not options.no_reconcile,
                sabotage=options.without,
                often=options.often,
            )
            result = run_campaign(order)
            show(result)
            code |= not result.is_clean
    return code


if __name__ == "__main__":
    sys.exit(main())
