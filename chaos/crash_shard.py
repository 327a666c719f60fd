"""Runs cases one after the other, each in child processes forked from this loaded one."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chaos import crash_life as life
from chaos.crash_cases import GOOD, Case
from chaos.crash_kill import Notes
from chaos.crash_oracle import Picture, differences, faults_of, lost_and_doubled, picture
from tests.factories import Server
from tests.simulated import Simulator, behomes_simulator

NOT_KILLED = 0
CHILD_SECONDS = 300
# The life of a write: from the commits before its request to those after its last answer. What
# comes before and after is the same for every answer: it is gone through once, with a good answer.
POINTS_BEFORE = 4
POINTS_AFTER = 7
BROKEN = 3


@dataclass
class Result:
    """What came of one kill. `first` and `second` are the kinds of points where it hit."""

    operation: str
    answer: str
    number: int
    first: str | None
    second: str | None = None
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)

    def as_line(self) -> str:
        return json.dumps(asdict(self))


class Shard:
    """One process that works on its share of the cases."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server
        self._notes = Notes()
        self._path = folder / "picture.json"

    def undisturbed(self, case: Case) -> tuple[Picture, range]:
        """What stands in the end when nobody kills, and the points of the write's life."""
        self._notes.clear()
        self._child(lambda: self._first(case, NOT_KILLED))
        return json.loads(self._path.read_text()), self._points(case)

    def _points(self, case: Case) -> range:
        notes = self._notes
        if case.answer is GOOD:
            return range(1, notes.passed + 1)
        first, last = notes.first - POINTS_BEFORE, notes.last + POINTS_AFTER
        return range(max(1, first), min(last, notes.passed) + 1)

    def killed(self, case: Case, wanted: Picture, number: int, second: int = NOT_KILLED) -> Result:
        """Kill at one point, and the recovery at another one of its own."""
        self._notes.clear()
        self._child(lambda: self._first(case, number))
        result = Result(case.operation.name, case.answer.name, number, self._notes.died_at)
        if result.first is None:
            return result
        for kill_at in (second, NOT_KILLED) if second else (NOT_KILLED,):
            self._notes.clear_points()
            self._child(lambda at=kill_at: self._again(case, at))  # type: ignore[misc]
            result.second = result.second or self._notes.died_at
            if kill_at and not self._notes.died_at:
                break
        found = json.loads(self._path.read_text())
        result.lost, result.doubled = lost_and_doubled(found, wanted)
        result.wrong = differences(found, wanted)
        return result

    def _first(self, case: Case, kill_at: int) -> None:
        life.prepare(self._server, case)
        points = life.points_for(self._server, case, self._notes, kill_at)
        life.live(self._server, points, case)
        self._keep_picture()

    def _again(self, case: Case, kill_at: int) -> None:
        points = life.points_for(self._server, case, self._notes, kill_at)
        life.recover(self._server, points, case)
        self._keep_picture()

    def _keep_picture(self) -> None:
        self._path.write_text(json.dumps(picture(self._server)))

    def _child(self, work: Callable[[], None]) -> None:
        """Run this in a child that may be killed. Raises RuntimeError if it fails otherwise."""
        self._path.unlink(missing_ok=True)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            _in_child(self._server, work)
        _, status = os.waitpid(pid, 0)
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if status and not (is_killed and self._notes.died_at):
            raise RuntimeError(f"a child ended with {status}")


def _in_child(server: Server, work: Callable[[], None]) -> None:
    """Never returns: nothing of the parent's ending runs in the child."""
    code = BROKEN
    try:
        signal.alarm(CHILD_SECONDS)
        life.wake_in_child(server)
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


@dataclass(frozen=True)
class Plan:
    """Which kills: all, or of each case a few by chance; and how many pairs of kills per case."""

    seed: int
    kills: int | None = None
    pairs: int = 0

    def numbers(self, case: Case, points: range) -> list[int]:
        if self.kills is None:
            return list(points)
        return sorted(self._random(case).sample(points, min(self.kills, len(points))))

    def second(self, case: Case, points: range) -> list[tuple[int, int]]:
        """Where to kill first, and where in the recovery."""
        dice = self._random(case)
        later = range(1, max(2, len(points) // 2))
        return [(dice.choice(points), dice.choice(later)) for _ in range(self.pairs)]

    def _random(self, case: Case) -> random.Random:
        return random.Random(f"{self.seed} {case.name}")


def run(database_url: str, folder: Path, cases: Sequence[Case], plan: Plan) -> Iterator[Result]:
    """Work on these cases with a CRM simulator of our own; results as they come."""
    logging.disable(logging.WARNING)
    with _simulator(folder) as crm, life.stage_on(database_url, folder, crm) as server:
        one_of_each = {case.operation.scenario: Case(case.operation, GOOD) for case in cases}
        life.warm_up(server, one_of_each.values())
        shard = Shard(server, folder)
        for case in cases:
            yield from _case(shard, case, plan)


@contextmanager
def _simulator(folder: Path) -> Iterator[Simulator]:
    """A simulated CRM that complains of broken connections in a file."""
    sys.stderr.flush()
    ours, log = os.dup(2), os.open(folder / "crm.log", os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(log, 2)
    try:
        with behomes_simulator() as crm:
            os.dup2(ours, 2)
            yield crm
    finally:
        os.dup2(ours, 2)
        os.close(ours)
        os.close(log)


def _case(shard: Shard, case: Case, plan: Plan) -> Iterator[Result]:
    wanted, points = shard.undisturbed(case)
    yield Result(case.operation.name, case.answer.name, 0, None, wrong=faults_of(wanted))
    for number in plan.numbers(case, points):
        yield shard.killed(case, wanted, number)
    for first, second in plan.second(case, points):
        yield shard.killed(case, wanted, first, second)


def read(line: str) -> Result:
    told: dict[str, Any] = json.loads(line)
    return Result(**told)
