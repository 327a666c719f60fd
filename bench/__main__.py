"""python -m bench: everything, one after the other; --quick in some minutes."""

from __future__ import annotations

import argparse
import time

from bench import (
    acknowledge,
    calls,
    footprint,
    growth,
    manager,
    offices,
    overview,
    pages,
    plans,
    popups,
    storage,
)

PARTS = {
    "acknowledge": acknowledge.main,
    "calls": calls.main,
    "growth": growth.main,
    "offices": offices.main,
    "plans": plans.main,
    "storage": storage.main,
    "footprint": footprint.main,
    "pages": pages.main,
    "overview": overview.main,
    "manager": manager.main,
    "popups": popups.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    parser.add_argument("--only", choices=tuple(PARTS), action="append")
    options = parser.parse_args()
    for name in options.only or PARTS:
        began = time.monotonic()
        print(f"\n## {name}\n", flush=True)
        PARTS[name](["--quick"] if options.quick else [])
        print(f"({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
