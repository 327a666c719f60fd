"""The periodic process: calls each task of jobs/upkeep.py when its time has come.

What is due inside a task SQL decides; a task that was not called for hours loses nothing.
"""

from __future__ import annotations

import importlib
import logging
import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from flask import Flask

from models import db
from runtime import application
from runtime.config import Config
from runtime.heart import Heart
from runtime.process import StopFlag, step_back
from services import heartbeats

Task = tuple[str, float, Callable[[], object]]

LOOK_SECONDS = 0.25
SLOW_SECONDS = 30.0

logger = logging.getLogger(__name__)


def work(config: Config) -> None:
    """Call the tasks until SIGTERM or SIGINT."""
    app = application.create(config)
    step_back()
    stopping: StopFlag = app.extensions["stopping"]

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with app.app_context():
        turn = Turn(app, tasks())
        heart = Heart(db.engine, heartbeats.UPKEEP, turn.told)
    while not stopping.is_set():
        turn.run_due(time.monotonic(), heart.beat_if_due)
        time.sleep(LOOK_SECONDS)


def tasks() -> tuple[Task, ...]:
    """The tasks that the jobs room offers; none while it offers none."""
    try:
        return tuple(importlib.import_module("jobs.upkeep").TASKS)
    except ModuleNotFoundError as error:
        if error.name != "jobs.upkeep":
            raise
        return ()


class Turn:
    """Remembers when each task is to be called next; all are called at once at the start."""

    def __init__(self, app: Flask, tasks: Sequence[Task]) -> None:
        self._app = app
        self._tasks = tasks
        self._next_at = dict.fromkeys((name for name, _, _ in tasks), 0.0)
        self._well_at: dict[str, float] = {}

    def run_due(self, now: float, between: Callable[[], None] = lambda: None) -> None:
        """Call the tasks that are due, one after the other, until the process is to stop; `between`
        before each."""
        for name, every_seconds, call in self._tasks:
            if now >= self._next_at[name] and not self._app.extensions["stopping"].is_set():
                between()
                self._next_at[name] = now + every_seconds
                self._run(name, call)

    def told(self) -> dict[str, Any]:
        """How many seconds ago each task ended well last; a task that never did is missing."""
        now = time.monotonic()
        return {"tasks": {name: round(now - at, 1) for name, at in self._well_at.items()}}

    def _run(self, name: str, call: Callable[[], object]) -> None:
        began = time.monotonic()
        try:
            with self._app.app_context():
                call()
            self._well_at[name] = time.monotonic()
        except Exception:
            # The edge of this process: a broken task must not keep the others from running.
            logger.exception("periodic task %s failed", name)
        if (took := time.monotonic() - began) > SLOW_SECONDS:
            logger.warning("periodic task %s took %.0f s", name, took)
