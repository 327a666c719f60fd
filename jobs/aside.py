"""Work of the periodic process that may take long: in a thread of its own, one run at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask, current_app

logger = logging.getLogger(__name__)


class Aside:
    """Called as a task it returns at once; a run that still goes on is not begun a second time."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name = name
        self._work = work
        self._thread: threading.Thread | None = None

    def __call__(self) -> threading.Thread | None:
        """Begin a run; the thread that does it, None if one is under way."""
        if self._thread is not None and self._thread.is_alive():
            return None
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._run, args=(app,), name=self._name, daemon=True)
        self._thread.start()
        return self._thread

    def _run(self, app: Flask) -> None:
        try:
            with app.app_context():
                self._work()
        except Exception:
            # The edge of this thread, as of the process: told, and begun again at its time.
            logger.exception("periodic task %s failed", self._name)
