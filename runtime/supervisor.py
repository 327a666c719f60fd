"""Starts the parts in stages, starts again what crashes, stops all in reverse.

One thread and no connections, so that forking it is safe at any time.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial

from runtime import process
from runtime.part import TRY_AGAIN_CODE, Child, Part
from runtime.wakeup import Wakeup

logger = logging.getLogger(__name__)

STARTS_AT_MOST = 5
READY_SECONDS = 60.0
POLL_SECONDS = 0.03


class StartFailed(Exception):
    """A part did not come up; the message says which and why."""


class StopRequested(Exception):
    """SIGTERM or SIGINT came."""


class Supervisor:
    """`stages` start one after the other; the parts of one stage start and stop together."""

    def __init__(self, stages: Sequence[Sequence[Part]]) -> None:
        self._stages = [[Child(part) for part in stage] for stage in stages]
        self._started: list[list[Child]] = []
        self._wakeup = Wakeup()

    def run(self, *, meanwhile: Callable[[], None], announce: Callable[[], None]) -> int:
        """Work until a signal; the exit code.

        `meanwhile` runs while the first stage gets ready, `announce` when everything is.
        """
        self._wakeup.listen()
        try:
            self._start_all(meanwhile)
            announce()
            while True:
                self._turn(1.0)
        except StopRequested:
            logger.info("stopping")
            return 0
        except StartFailed as error:
            logger.error("cannot start: %s", error)
            return 1
        finally:
            self._stop_all()

    def _start_all(self, meanwhile: Callable[[], None]) -> None:
        for stage in self._stages:
            self._started.append(stage)
            self._start_due()
            if stage is self._stages[0]:
                meanwhile()
            self._wait_until_ready(stage)

    def _wait_until_ready(self, stage: list[Child]) -> None:
        late_at = time.monotonic() + READY_SECONDS
        while waiting := [child for child in stage if not child.look_if_ready()]:
            if time.monotonic() > late_at:
                names = ", ".join(child.name for child in waiting)
                raise StartFailed(f"{names} not ready after {READY_SECONDS:.0f} seconds")
            for child in self._children():
                if child.failures >= STARTS_AT_MOST:
                    raise StartFailed(f"{child.name} failed {child.failures} times, see above")
            self._turn(POLL_SECONDS)

    def _turn(self, seconds: float) -> None:
        """Wait for a signal or the next restart, then reap and restart."""
        now = time.monotonic()
        due_in = [child.next_start_at - now for child in self._children() if child.is_waiting]
        self._wakeup.wait(min([seconds, *due_in]))
        if self._wakeup.stops_wanted:
            raise StopRequested
        self._reap()
        self._start_due()

    def _children(self) -> list[Child]:
        return [child for stage in self._started for child in stage]

    def _start_due(self) -> None:
        for child in self._children():
            now = time.monotonic()
            if child.is_waiting and now >= child.next_start_at:
                child.started(process.fork(child.name, partial(self._be, child.part)), now)

    def _be(self, part: Part) -> None:
        self._wakeup.close()
        part.run()

    def _reap(self) -> None:
        """Collect every dead child, also those which we inherit as process 1 of a container."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for child in self._children():
                if child.pid == pid:
                    self._ended(child, pid, os.waitstatus_to_exitcode(status))

    def _ended(self, child: Child, pid: int, code: int) -> None:
        process.kill_group(pid)
        delay = child.ended(code, time.monotonic())
        if child.is_finished:
            return
        if child.part.once and code != TRY_AGAIN_CODE:
            raise StartFailed(f"{child.name} ended with {code}, see above")
        logger.warning("%s ended with %s, starts again in %.1f s", child.name, code, delay)

    def _stop_all(self) -> None:
        """Stage by stage in reverse: SIGTERM, after the grace SIGKILL to the whole group."""
        for stage in reversed(self._started):
            pids = [child.pid for child in stage if child.pid is not None]
            for pid in pids:
                os.kill(pid, signal.SIGTERM)
            grace = max((child.part.grace_seconds for child in stage), default=0.0)
            self._wait_until_gone(pids, grace)
            for pid in pids:
                process.kill_group(pid)
                process.wait_for(pid)

    def _wait_until_gone(self, pids: list[int], grace_seconds: float) -> None:
        ends_at = time.monotonic() + grace_seconds
        asked = self._wakeup.stops_wanted
        while pids := [pid for pid in pids if process.is_running(pid)]:
            left = ends_at - time.monotonic()
            # A second Ctrl-C means: at once.
            if left <= 0 or self._wakeup.stops_wanted > max(1, asked):
                return
            self._wakeup.wait(min(left, 0.2))
