"""The report of a run: what was really killed where, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from chaos.crash_cases import ANSWERS, OPERATIONS
from chaos.crash_kill import KINDS
from chaos.crash_shard import Result

SHOWN_WRONG = 20


@dataclass
class Report:
    """Collects results; `is_good` when nothing was lost, doubled or otherwise wrong."""

    combinations: int = 0
    ended_earlier: int = 0
    kills: list[Result] = field(default_factory=list)
    wrong: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        if result.number == 0:
            self.combinations += 1
        elif result.first is None:
            self.ended_earlier += 1
        else:
            self.kills.append(result)
        if result.wrong or result.lost or result.doubled:
            self.wrong.append(result)

    @property
    def is_good(self) -> bool:
        """Also: that most of what was planned did happen."""
        return not self.wrong and len(self.kills) > 10 * self.ended_earlier

    def lines(self) -> list[str]:
        pairs = [each for each in self.kills if each.second]
        lost, doubled = (sum(getattr(r, name) for r in self.wrong) for name in ("lost", "doubled"))
        return [
            *_matrix("write", [each.name for each in OPERATIONS], self.kills, "operation"),
            "",
            *_matrix("answer", [each.name for each in ANSWERS], self.kills, "answer"),
            "",
            f"combinations of a write and an answer: {self.combinations}",
            f"processes killed: {len(self.kills) + len(pairs)}, of them {len(pairs)} in a recovery"
            f" (ended before the point: {self.ended_earlier})",
            f"lost: {lost}, doubled: {doubled}, otherwise not as undisturbed: {len(self.wrong)}",
            *(_told(each) for each in self.wrong[:SHOWN_WRONG]),
        ]


def _matrix(title: str, names: list[str], kills: list[Result], member: str) -> list[str]:
    """How often which kind of point was hit."""
    counts = Counter((getattr(each, member), each.first) for each in kills)
    width = max(len(name) for name in names) + 2
    lines = [title.ljust(width) + "".join(f"{kind:>18}" for kind in KINDS)]
    for name in names:
        row = [counts[name, kind] for kind in KINDS]
        if any(row):
            lines.append(name.ljust(width) + "".join(f"{count:>18,}" for count in row))
    return lines


def _told(result: Result) -> str:
    where = f"{result.operation} / {result.answer}, point {result.number} ({result.first})"
    second = f", then {result.second}" if result.second else ""
    return f"WRONG {where}{second}: {'; '.join(result.wrong)}"
