"""Work that is waited for only so long, by only so many: threads of its own, a hard deadline."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from threading import BoundedSemaphore
from typing import TypeVar

T = TypeVar("T")


class TimeUp(Exception):
    """The work was not done in time, and goes on without anybody waiting for it."""


class Busy(TimeUp):
    """All threads are at work and no more may wait: nothing was begun."""


class Bounded:
    """At most `at_once` pieces of work at a time, `waiting` more in line.

    Who asks waits for as long as he says and never longer, whatever the work does: a piece that
    hangs keeps a thread of this pool, never the asker's.
    """

    def __init__(self, name: str, *, at_once: int, waiting: int = 0) -> None:
        self._name = name
        self._at_once = at_once
        self._most = at_once + waiting
        self.reset()

    def reset(self) -> None:
        """Begin anew: after a fork no thread is left."""
        self._pool = ThreadPoolExecutor(self._at_once, thread_name_prefix=self._name)
        self._room = BoundedSemaphore(self._most)
        self._under_way: set[Hashable] = set()

    def run(self, work: Callable[[], T], seconds: float) -> T:
        """The result of the work. Raises Busy at once if there is no room, TimeUp at the deadline,
        else what the work raises."""
        future = self.start(work)
        try:
            return future.result(max(0.0, seconds))
        except FutureTimeout:
            future.cancel()
            raise TimeUp from None

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Have the work done without waiting. Raises Busy if there is no room."""
        room = self._room
        if not room.acquire(blocking=False):
            raise Busy
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: room.release())
        return future

    def start_once(self, key: Hashable, work: Callable[[], object]) -> None:
        """Have the work done, unless work under this key is waiting or under way. Raises Busy."""
        under_way = self._under_way
        if key in under_way:
            return
        under_way.add(key)
        try:
            self.start(work).add_done_callback(lambda _: under_way.discard(key))
        except Busy:
            under_way.discard(key)
            raise
