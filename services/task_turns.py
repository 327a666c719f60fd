"""Whose turn a periodic task is, for tasks that several hosts must not do at once.

Most tasks need no turn: they claim in SQL what they do. Those that spend the PBX's points, or make
something there that has no key of ours, are done by one process at a time.
"""

from __future__ import annotations

import secrets

from sqlalchemy import or_
from sqlalchemy.engine import Engine

from models import TaskTurn
from models.base import now_ms
from models.bulk import inserting

# Longer than the pause between two runs and than the requests for one number.
HELD_MS = 150_000
TURNS = TaskTurn.__table__


class Turn:
    """One process's claim on a task; held on for as long as `hold` is called often enough."""

    def __init__(self, engine: Engine, task: str) -> None:
        self._engine = engine
        self._task = task
        self._holder = secrets.token_hex(16)

    def hold(self) -> bool:
        """Take the turn, or keep it; False while another process has it. Ours for `HELD_MS`."""
        with self._engine.begin() as connection:
            wish = inserting(connection, TURNS).values(
                task=self._task, holder=self._holder, held_until=now_ms() + HELD_MS
            )
            is_free = or_(TURNS.c.holder == self._holder, TURNS.c.held_until <= now_ms())
            mine = wish.on_conflict_do_update(
                index_elements=["task"],
                set_={"holder": self._holder, "held_until": now_ms() + HELD_MS},
                where=is_free,
            )
            return connection.execute(mine.returning(TURNS.c.task)).first() is not None
