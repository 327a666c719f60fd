"""python -m mutation: mutate the decision, the fold and the ledger; a table of what was noticed.

The tree is copied first; nothing is changed in place. With --keep the copy stays in that folder: a
second run goes on there, and `mutmut show <mutant>` in it tells what a survivor changes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mutation.equivalents import EQUIVALENT
from mutation.tree import MODULES, make_copy

WANTED = 0.85
# How the tests of a mutant ended.
SURVIVED, NO_TESTS, UNKNOWN = (0,), (5, 33), (None,)


@dataclass(frozen=True)
class Score:
    """Of one module or group: mutants noticed, mutants in all, equivalent ones left out."""

    name: str
    killed: int
    total: int
    equivalent: int
    survivors: tuple[str, ...]

    @property
    def share(self) -> float:
        return self.killed / self.total if self.total else 1.0


def main() -> int:
    options = _options()
    with _folder(options.keep) as folder:
        if not (folder / "pyproject.toml").exists():
            make_copy(folder)
        command = [str(Path(sys.executable).with_name("mutmut")), "run"]
        command += ["--max-children", str(options.children)]
        with (folder / "mutmut.log").open("w") as log:
            # Its progress is for a terminal; what it found stands in the files beside the mutants.
            environ = {**os.environ, "COLUMNS": "100"}
            done = subprocess.run(command, cwd=folder, env=environ, stdout=log, stderr=log)
        if done.returncode:
            print((folder / "mutmut.log").read_text()[-3000:])
            return 2
        groups = {name: [score(folder, each) for each in of] for name, of in MODULES.items()}
    return _report(groups)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the copy stays")
    parser.add_argument("--children", type=int, default=2, help="how many mutants at once")
    return parser.parse_args()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        yield Path(folder)


def score(folder: Path, path: str) -> Score:
    """What became of the mutants of one module."""
    told = json.loads((folder / "mutants" / f"{path}.meta").read_text())["exit_code_by_key"]
    equivalent = {name for name in told if name in EQUIVALENT}
    counted = {name: code for name, code in told.items() if name not in equivalent}
    alive = sorted(n for n, code in counted.items() if code in SURVIVED + NO_TESTS + UNKNOWN)
    return Score(path, len(counted) - len(alive), len(counted), len(equivalent), tuple(alive))


def total(name: str, scores: list[Score]) -> Score:
    return Score(
        name,
        sum(each.killed for each in scores),
        sum(each.total for each in scores),
        sum(each.equivalent for each in scores),
        (),
    )


def _report(groups: dict[str, list[Score]]) -> int:
    print(f"{'module':<28}{'killed':>8}{'of':>7}{'share':>8}{'equivalent':>12}")
    for name, scores in groups.items():
        for each in [*scores, total(name, scores)]:
            print(
                f"{each.name:<28}{each.killed:>8,}{each.total:>7,}{each.share:>8.1%}"
                f"{each.equivalent:>12}"
            )
    for each in (
        survivor for scores in groups.values() for s in scores for survivor in s.survivors
    ):
        print(f"survived: {each}")
    is_good = all(total(name, scores).share >= WANTED for name, scores in groups.items())
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
