"""One part of the running system: how it starts, when it is ready, when it starts again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_DELAY_SECONDS = 0.5
# Also whoever is killed again and again is back within the 15 s that work may rest for it.
LONGEST_DELAY_SECONDS = 8.0
HEALTHY_SECONDS = 60.0
TRY_AGAIN_CODE = 75  # EX_TEMPFAIL of sysexits.h: what a task exits with when waiting may help


def _at_once() -> bool:
    return True


@dataclass(frozen=True)
class Part:
    """What the supervisor has to keep running, or with `once` to run before it goes on."""

    name: str
    run: Callable[[], None]
    is_ready: Callable[[], bool] = field(default=_at_once)
    grace_seconds: float = 4.0
    once: bool = False


class Child:
    """A part together with its process, if it has one now. Times are monotonic seconds."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.pid: int | None = None
        self.is_ready = False
        self.failures = 0
        self.next_start_at = 0.0
        self._started_at = 0.0

    @property
    def name(self) -> str:
        return self.part.name

    def started(self, pid: int, now: float) -> None:
        self.pid = pid
        self._started_at = now

    @property
    def is_finished(self) -> bool:
        return self.part.once and self.is_ready

    @property
    def is_waiting(self) -> bool:
        """True while it has no process and is to get one at `next_start_at`."""
        return self.pid is None and not self.is_finished

    def look_if_ready(self) -> bool:
        if self.pid is not None and not self.is_ready and not self.part.once:
            self.is_ready = self.part.is_ready()
        return self.is_ready

    def ended(self, code: int, now: float) -> float:
        """Note that the process is gone; the seconds until it is to be started again."""
        self.pid = None
        if self.part.once and code == 0:
            self.is_ready = True
            return 0.0
        if now - self._started_at >= HEALTHY_SECONDS:
            self.failures = 0
        delay = min(FIRST_DELAY_SECONDS * 2.0**self.failures, LONGEST_DELAY_SECONDS)
        self.failures += 1
        self.next_start_at = now + delay
        return delay
