"""Negative controls: with one safeguard taken out, the same campaign must find something.

A campaign that cannot fail proves nothing. Each control is short, and has more of the faults that
its safeguard is there for; beside them the product runs as it is, under the same faults, and must
come through clean. Only what was acknowledged is judged, before any reconciliation: that would
mend what a missing safeguard has lost.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from chaos.campaign import run_campaign
from chaos.results import Order, Result
from chaos.verdict import WRONG

BESIDE = 2  # at once
CALLS = 60
SHORT = Order(
    seed=1,
    calls=CALLS,
    database="sqlite",
    drops=False,
    reconciles=False,
    limit_seconds=900.0,
)
CONTROLS = {
    "": replace(SHORT, often=2.0, killers=("workers", "broker")),
    "ledger": replace(SHORT, sabotage="ledger", often=2.0, killers=("workers",)),
    "lock": replace(SHORT, sabotage="lock", killers=()),
    "settle": replace(SHORT, sabotage="settle", often=2.0, killers=(), more=("late", "lag")),
    "inbox": replace(SHORT, sabotage="inbox", killers=("workers", "broker")),
}


def run_controls(
    told: Callable[[Result], None], names: Iterable[str] = CONTROLS, *, beside: int = BESIDE
) -> dict[str, Result]:
    """Run these controls, some at once; `told` is called with each when it has ended."""

    def run(name: str) -> Result:
        result = run_campaign(CONTROLS[name])
        if name and is_caught(result) and result.folder:
            shutil.rmtree(result.folder, ignore_errors=True)  # as it must be: nothing to look at
        told(result)
        return result

    with ThreadPoolExecutor(beside) as pool:
        running = {name: pool.submit(run, name) for name in names}
        return {name: one.result() for name, one in running.items()}


def is_caught(result: Result) -> bool:
    """Whether the campaign has told of a loss or of a doubling."""
    return any(one.kind != WRONG for one in result.early)


def as_it_must_be(name: str, result: Result) -> bool:
    """The product as it is comes through clean; without a safeguard it is caught."""
    return is_caught(result) if name else result.is_clean
