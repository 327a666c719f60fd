"""Tells from time to time that a process lives, for /readyz and the alarms."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from services import heartbeats

logger = logging.getLogger(__name__)


class Heart:
    """Of one process; its main loop calls `beat_if_due` each time round, so that a loop that hangs
    falls silent. `told` is asked for what else there is to say."""

    def __init__(
        self, engine: Engine, part: str, told: Callable[[], dict[str, Any]] = dict
    ) -> None:
        self._engine = engine
        self._part = part
        self._told = told
        self._troubles = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)
        self._next_at = 0.0

    def beat_if_due(self) -> None:
        """Never raises for a database that is away: others tell of that."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + heartbeats.EVERY_SECONDS
        try:
            with self._engine.begin() as connection:
                heartbeats.beat(connection, self._part, socket.gethostname(), self._told())
                heartbeats.forget_gone(connection)
        except self._troubles as error:
            logger.warning("no sign of life could be stored: %s", type(error).__name__)
