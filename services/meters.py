"""Counts what happens, for all processes of this machine together.

One file holds a row of numbers for each process, mapped into its memory: counting costs a
microsecond and no system call. A process holds its row by a lock that the kernel frees when it
dies; whoever takes the row next goes on with its numbers, so counters only ever grow.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from services.meter_layout import FAMILIES, Family

ROWS = 512
LOW_SECONDS = 600.0
SEEN_NOTHING = 0.0  # a `low` is stored with one added, so that an empty row says nothing


@dataclass(frozen=True)
class Sample:
    """What one combination of labels has come to. Of a histogram: `buckets` add up, as
    Prometheus wants them, `value` is the count and `total` the sum."""

    labels: tuple[str, ...]
    value: float
    total: float = 0.0
    buckets: tuple[float, ...] = ()


class Meters:
    """The row of this process; safe to use from many threads, and after a fork."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places, self._width = _place_all()
        self._pid = -1
        self._lock = threading.Lock()
        self._numbers: memoryview[float]
        self._lows: dict[int, deque[tuple[float, float]]] = {}
        os.register_at_fork(after_in_child=self._renew_lock)

    @property
    def path(self) -> Path:
        return self._path

    def close(self) -> None:
        """Give the row back; counting again takes one anew."""
        with self._lock:
            if self._pid == os.getpid():
                self._numbers.release()
                self._map.close()
                os.close(self._file)
            self._pid = -1

    def count(self, name: str, *labels: str, by: float = 1.0) -> None:
        self._add([(self._place(name, labels), by)])

    def observe(self, name: str, *labels: str, seconds: float) -> None:
        start, family = self._place(name, labels), self._places[name].family
        bucket = bisect_left(family.buckets, seconds)
        end = start + len(family.buckets)
        self._add([(start + bucket, 1.0), (end + 1, seconds)])

    def level(self, name: str, value: float) -> None:
        """How much there is of it in this process now."""
        self._set(self._place(name, ()), value)

    def low(self, name: str, value: float) -> None:
        """Note a reading; the lowest of the last minutes counts."""
        place, now = self._place(name, ()), monotonic()
        seen = self._lows.setdefault(place, deque())
        seen.append((now, value))
        while seen[0][0] < now - LOW_SECONDS:
            seen.popleft()
        self._set(place, 1.0 + min(each for _, each in seen))

    def read(self) -> Iterator[tuple[Family, list[Sample]]]:
        """Every family with what all processes have counted."""
        with self._lock:
            self._open_if_needed()
            rows = [row for row in range(ROWS) if any(self._numbers_of(row))]
            alive = {row for row in rows if not self._is_free(row)}
            numbers = {row: list(self._numbers_of(row)) for row in rows}
        for family in FAMILIES:
            yield (
                family,
                [self._sample(family, labels, numbers, alive) for labels in family.combinations],
            )

    def _sample(
        self,
        family: Family,
        labels: tuple[str, ...],
        numbers: dict[int, list[float]],
        alive: set[int],
    ) -> Sample:
        place = self._place(family.name, labels)
        values = [row[place : place + family.width] for row in numbers.values()]
        living = [numbers[row][place] for row in alive]
        if family.kind == "level":
            return Sample(labels, sum(living))
        if family.kind == "low":
            seen = [value - 1.0 for value in living if value != SEEN_NOTHING]
            return Sample(labels, min(seen, default=1.0))
        summed = [sum(column) for column in zip(*values, strict=True)] or [0.0] * family.width
        if not family.buckets:
            return Sample(labels, summed[0])
        grown, so_far = [], 0.0
        for value in summed[:-1]:
            so_far += value
            grown.append(so_far)
        return Sample(labels, so_far, summed[-1], tuple(grown))

    def _place(self, name: str, labels: tuple[str, ...]) -> int:
        return self._places[name].starts[labels]

    def _add(self, changes: list[tuple[int, float]]) -> None:
        with self._lock:
            self._open_if_needed()
            row = self._mine
            for place, by in changes:
                self._numbers[row + place] += by

    def _set(self, place: int, value: float) -> None:
        with self._lock:
            self._open_if_needed()
            self._numbers[self._mine + place] = value

    def _open_if_needed(self) -> None:
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._lows = {}
        size = ROWS * self._width * 8
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._file).st_size < size:
            os.ftruncate(self._file, size)
        self._map = mmap.mmap(self._file, size)
        self._numbers = memoryview(self._map).cast("d")
        self._row = next((row for row in range(ROWS) if self._take(row)), ROWS - 1)
        self._mine = self._row * self._width
        for name, places in self._places.items():
            if places.family.kind != "counter":
                self._numbers[self._mine + self._place(name, ())] = 0.0

    def _renew_lock(self) -> None:
        """A thread that is not there after the fork may have held it."""
        self._lock = threading.Lock()

    def _take(self, row: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
        except OSError:
            return False
        return True

    def _is_free(self, row: int) -> bool:
        if row == self._row or not self._take(row):
            return False
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, row)
        return True

    def _numbers_of(self, row: int) -> memoryview[float]:
        return self._numbers[row * self._width : (row + 1) * self._width]


@dataclass
class _Places:
    family: Family
    starts: dict[tuple[str, ...], int] = field(default_factory=dict)


def _place_all() -> tuple[dict[str, _Places], int]:
    """Where the numbers of each combination begin in a row; and how wide a row is."""
    found, next_free = {}, 0
    for family in FAMILIES:
        places = found[family.name] = _Places(family)
        for labels in family.combinations:
            places.starts[labels] = next_free
            next_free += family.width
    return found, next_free


_current: Meters | None = None


def use(folder: Path) -> Meters:
    """From now on this process counts in a file of this folder. Another layout is another file."""
    global _current
    layout = hashlib.sha256(repr(FAMILIES).encode()).hexdigest()[:12]
    path = folder / f"meters-{layout}.bin"
    # One object per file: the locks of a process do not keep it from itself.
    if _current is None or _current.path != path:
        if _current is not None:
            _current.close()
        _current = Meters(path)
    return _current


def read() -> list[tuple[Family, list[Sample]]]:
    """What all processes of this machine have counted."""
    return list(_current.read()) if _current is not None else []


def count(name: str, *labels: str, by: float = 1.0) -> None:
    if _current is not None:
        _current.count(name, *labels, by=by)


def observe(name: str, *labels: str, seconds: float) -> None:
    if _current is not None:
        _current.observe(name, *labels, seconds=seconds)


def level(name: str, value: float) -> None:
    if _current is not None:
        _current.level(name, value)


def low(name: str, value: float) -> None:
    if _current is not None:
        _current.low(name, value)
