"""When a webhook address was used last, to the minute, noted beside the acknowledgement."""

from __future__ import annotations

import contextlib
import threading
from time import monotonic

from sqlalchemy import update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from models import WebhookToken
from models.base import now_ms

NOTE_EVERY_SECONDS = 60.0


class TokenUses:
    """Writes at most once a minute and address, in a thread of its own: whoever is acknowledged
    does not wait for it, and a use that could not be noted is noted by a later one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.reset()

    def reset(self) -> None:
        """Forget what the process before the fork has noted."""
        self._noted: dict[int, float] = {}

    def note(self, token_id: int) -> threading.Thread | None:
        """The address was used just now. Never waits, never raises; the thread that notes it."""
        now = monotonic()
        if now - self._noted.get(token_id, -NOTE_EVERY_SECONDS) < NOTE_EVERY_SECONDS:
            return None
        self._noted[token_id] = now
        noting = threading.Thread(target=self._write, args=(token_id,), daemon=True)
        noting.start()
        return noting

    def _write(self, token_id: int) -> None:
        statement = (
            update(WebhookToken).where(WebhookToken.id == token_id).values(last_used_at=now_ms())
        )
        # The driver's own error too: SQLite's turn is taken before SQLAlchemy sees the statement.
        troubles = SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error
        with contextlib.suppress(*troubles), self._engine.begin() as connection:
            connection.execute(statement)
