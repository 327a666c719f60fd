"""What a campaign prints, for people and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chaos.results import Result
from chaos.verdict import DOUBLED, LOST, UNEXPECTED, WRONG, Finding

SHOWN = 40
KINDS = (LOST, DOUBLED, UNEXPECTED, WRONG)


def show(result: Result) -> None:
    """Faults that really happened, what was written, what is not as it must be."""
    print(f"\n## {result.order.name}\n")
    for name in sorted(result.counts):
        print(f"{result.counts[name]:7d}  {name}")
    for kind in result.missing:
        print(f"{'never':>7}  {kind}")
    told = ", ".join(f"{answer}: {count}" for answer, count in result.answers.most_common())
    print(f"\nnotifications answered  {told}")
    print(f"acknowledged whole      {result.acknowledged} of {result.order.calls} calls")
    print(f"in the CRM              {_counts(result.written)}")
    print(f"set aside and replayed  {result.replayed}")
    print(f"reconciliation          {_counts(result.reconciled) or '-'}")
    print(f"seconds                 {_counts(result.seconds)}")
    print(f"\nacknowledged calls before any reconciliation: {_verdict(result.early)}")
    if result.order.reconciles:
        print(f"all calls after it: {_verdict(result.findings)}")
    if result.broken_off:
        print(f"BROKEN OFF: {result.broken_off}")
    for one in (result.findings or result.early)[:SHOWN]:
        print(f"  {one}")
    if result.folder and result.folder.exists():
        print(f"kept for a look: {result.folder}")
    print(flush=True)


def as_json(result: Result) -> dict[str, Any]:
    """One campaign for programs."""
    order = result.order
    return {
        "calls": order.calls,
        "seed": order.seed,
        "database": order.database,
        "without": order.sabotage or None,
        "clean": result.is_clean,
        "broken_off": result.broken_off or None,
        "faults": dict(sorted(result.counts.items())),
        "never": result.missing,
        "answers": dict(result.answers),
        "acknowledged": result.acknowledged,
        "written": dict(result.written),
        "reconciled": result.reconciled,
        "early": _by_kind(result.early),
        "findings": _by_kind(result.findings),
        "texts": [str(one) for one in (result.findings or result.early)[:SHOWN]],
        "seconds": {name: round(value, 1) for name, value in result.seconds.items()},
    }


def _by_kind(findings: list[Finding]) -> dict[str, int]:
    counts = Counter(one.kind for one in findings)
    return {kind: counts[kind] for kind in KINDS}


def _verdict(findings: list[Finding]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in _by_kind(findings).items())


def _counts(counts: Any) -> str:
    return ", ".join(f"{name} {round(value, 1):g}" for name, value in counts.items() if value)
