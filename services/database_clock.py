"""One clock for all hosts: the database's, read once and carried on by the process."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import select
from sqlalchemy.engine import Engine

from models.base import from_ms, now_ms, reading, to_ms


class DatabaseClock:
    def __init__(self, engine: Engine) -> None:
        with reading(), engine.connect() as connection:
            self._start = from_ms(connection.execute(select(now_ms())).scalar_one())
        self._since = monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=monotonic() - self._since)

    def now_ms(self) -> int:
        return to_ms(self.now())
