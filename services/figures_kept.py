"""Keep what was costly to count for a moment, so that many who look do not count it many times."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

Answer = TypeVar("Answer")

# An answer is good for so many times as long as it took: counting never takes more than a
# twentieth of one core, and small offices see every change at once.
WORTH = 20
LONGEST_SECONDS = 120.0
MOST_KEPT = 200


@dataclass(frozen=True)
class _Kept:
    answer: Any
    until: float


class KeptFigures:
    """Of one process. Who asks for what is just being counted waits for that answer."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}
        self._locks: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, count: Callable[[], Answer]) -> Answer:
        """The answer of `count` for this key: a kept one while it is fresh, else a new one."""
        with self._lock:
            self._forget_old()
            lock = self._locks.setdefault(key, Lock())
        with lock:
            kept = self._kept.get(key)
            if kept is None or kept.until <= self._clock():
                began = self._clock()
                answer = count()
                took = self._clock() - began
                kept = _Kept(answer, self._clock() + min(took * WORTH, LONGEST_SECONDS))
                self._kept[key] = kept
        found: Answer = kept.answer
        return found

    def _forget_old(self) -> None:
        if len(self._locks) < MOST_KEPT:
            return
        now = self._clock()
        for key in [key for key, lock in self._locks.items() if not lock.locked()]:
            kept = self._kept.get(key)
            if kept is None or kept.until <= now:
                self._kept.pop(key, None)
                self._locks.pop(key, None)
