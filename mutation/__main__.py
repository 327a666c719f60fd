"""python -m mutation: mutate the decision, the fold and the ledger; a table of what was noticed.

The tree is copied first; nothing is changed in place. With --keep the copy stays in that folder: a
second run goes on there, and `mutmut show <mutant>` in it tells what a survivor changes.
"""

from __future__ import annotations

import argparse
import json
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
SURVIVED, NO_TESTS = (0,), (5, 33)


@dataclass(frozen=True)
class Score:
    """Of one module or group: mutants noticed, mutants in all, equivalent ones left out."""

    name: str
    killed: int
    total: int
    equivalent: int
    unchecked: int  # the run was broken off before them
    survivors: tuple[str, ...]

    @property
    def share(self) -> float:
        return self.killed / self.total if self.total else 1.0


def main() -> int:
    options = _options()
    with _folder(options.keep) as folder:
        if not options.report and not _mutate(folder, options.children):
            return 2
        groups = {name: [score(folder, each) for each in of] for name, of in MODULES.items()}
    return _report(groups)


def _mutate(folder: Path, children: int) -> bool:
    """Run the tool in a copy of the tree; False, and its last words, if it could not work."""
    if not (folder / "pyproject.toml").exists():
        make_copy(folder)
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children"]
    with (folder / "mutmut.log").open("w") as log:
        # Its progress is for a terminal; what it found stands in the files beside the mutants.
        done = subprocess.run(
            [*command, str(children)], cwd=folder, stdout=log, stderr=log, check=False
        )
    if done.returncode:
        print((folder / "mutmut.log").read_text()[-3000:])
    return done.returncode == 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the copy stays")
    parser.add_argument("--report", action="store_true", help="only what --keep holds by now")
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
    meta = json.loads((folder / "mutants" / f"{path}.meta").read_text())
    told, hashes = meta["exit_code_by_key"], meta["hash_by_function_name"]
    equivalent = {name for name in told if _is_equivalent(name, hashes)}
    counted = {
        name: code for name, code in told.items() if code is not None and name not in equivalent
    }
    alive = sorted(name for name, code in counted.items() if code in SURVIVED + NO_TESTS)
    unchecked = sum(code is None for code in told.values())
    killed = len(counted) - len(alive)
    return Score(path, killed, len(counted), len(equivalent), unchecked, tuple(alive))


def _is_equivalent(name: str, hashes: dict[str, str]) -> bool:
    """Judged so, and its function is still the one that was judged."""
    function = name.rsplit("__mutmut_", 1)[0].rsplit(".", 1)[-1]
    return name in EQUIVALENT and EQUIVALENT[name][0] == hashes.get(function)


def total(name: str, scores: list[Score]) -> Score:
    return Score(
        name,
        sum(each.killed for each in scores),
        sum(each.total for each in scores),
        sum(each.equivalent for each in scores),
        sum(each.unchecked for each in scores),
        (),
    )


def _report(groups: dict[str, list[Score]]) -> int:
    print(f"{'module':<28}{'killed':>8}{'of':>7}{'share':>8}{'equivalent':>12}{'unchecked':>11}")
    for name, scores in groups.items():
        for each in [*scores, total(name, scores)]:
            print(
                f"{each.name:<28}{each.killed:>8,}{each.total:>7,}{each.share:>8.1%}"
                f"{each.equivalent:>12}{each.unchecked:>11,}"
            )
    for each in (
        survivor for scores in groups.values() for s in scores for survivor in s.survivors
    ):
        print(f"survived: {each}")
    totals = [total(name, scores) for name, scores in groups.items()]
    is_good = all(each.share >= WANTED and not each.unchecked for each in totals)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
