"""Which campaign is to run, and what came of one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.faults import wanted
from chaos.killers import EVERYBODY
from chaos.verdict import Finding


@dataclass(frozen=True)
class Order:
    """Which campaign to run."""

    seed: int
    calls: int
    database: str
    per_second: float = 12.0
    sabotage: str = ""
    drops: bool = True
    killers: tuple[str, ...] = EVERYBODY
    reconciles: bool = True
    often: float = 1.0  # how much likelier a fault of the CRM is than usual
    more: tuple[str, ...] = ()  # kinds of CRM faults that are five times as likely
    limit_seconds: float = 600.0

    @property
    def name(self) -> str:
        about = f", without {self.sabotage}" if self.sabotage else ""
        return f"{self.calls} calls, seed {self.seed}, {self.database}{about}"


@dataclass
class Result:
    """What a campaign has shown."""

    order: Order
    counts: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0  # calls of which everything was answered 200
    findings: list[Finding] = field(default_factory=list)
    early: list[Finding] = field(default_factory=list)  # before any reconciliation
    written: Counter[str] = field(default_factory=Counter)
    reconciled: dict[str, Any] = field(default_factory=dict)
    replayed: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    broken_off: str = ""  # why it did not come to its end
    folder: Path | None = None

    @property
    def is_clean(self) -> bool:
        return not (self.findings or self.early or self.broken_off)

    @property
    def missing(self) -> list[str]:
        """Kinds of faults that were wanted and never happened."""
        return [kind for kind in wanted(self.order.database) if not self.counts[kind]]
