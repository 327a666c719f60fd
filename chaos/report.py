"""What a campaign prints."""

from __future__ import annotations

from chaos.campaign import Result
from chaos.verdict import Finding

SHOWN = 25


def show(result: Result) -> None:
    print(f"\n## {result.order.name}\n")
    for name in sorted(result.counts):
        print(f"{result.counts[name]:7d}  {name}")
    print("answers:", dict(result.answers), "acknowledged whole:", result.acknowledged)
    print("written:", dict(result.written), "replayed:", result.replayed)
    print("seconds:", {name: round(value, 1) for name, value in result.seconds.items()})
    print("reconciled:", result.reconciled)
    print("before reconciliation, of what was acknowledged:")
    _findings(result.early)
    print("after it, of everything:")
    _findings(result.findings)
    if not result.is_clean:
        print("kept:", result.folder)


def _findings(findings: list[Finding]) -> None:
    kinds = {
        kind: sum(one.kind == kind for one in findings)
        for kind in ("lost", "doubled", "unexpected", "wrong")
    }
    print(kinds)
    for one in findings[:SHOWN]:
        print(" ", one)
