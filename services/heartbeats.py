"""Signs of life of the processes that nobody asks anything, and of what should happen each day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, delete, select, type_coerce

from models import Heartbeat
from models.base import now_ms
from models.bulk import inserting

BEATS = Heartbeat.__table__
UPKEEP, LIVE, BACKUP = "upkeep", "live", "backup"
EVERY_SECONDS = 5.0
SILENT_SECONDS = 60.0  # the slowest periodic task takes half of it
FORGOTTEN_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Beat:
    """The last sign of one part on one host; `age` in seconds by the database's clock."""

    part: str
    name: str
    age: float
    told: dict[str, Any]

    @property
    def is_fresh(self) -> bool:
        return self.age <= SILENT_SECONDS


def beat(connection: Connection, part: str, name: str, told: dict[str, Any]) -> None:
    """Say that this part lives; `name` is its host."""
    wish = inserting(connection, BEATS).values(part=part, name=name[:80], at=now_ms(), told=told)
    known = {"at": now_ms(), "told": told}
    connection.execute(wish.on_conflict_do_update(index_elements=["part", "name"], set_=known))


def read(connection: Connection) -> list[Beat]:
    """The last sign of every part on every host; few rows, however long the history."""
    age = (now_ms() - type_coerce(BEATS.c.at, BigInteger)).label("age")
    query = select(BEATS.c.part, BEATS.c.name, age, BEATS.c.told)
    return [
        Beat(row.part, row.name, max(0, row.age) / 1000, row.told)
        for row in connection.execute(query)
    ]


def forget_gone(connection: Connection) -> None:
    """Take out hosts that have not been heard of for a day; never the last backup."""
    old = BEATS.c.at < now_ms() - FORGOTTEN_MS, BEATS.c.part != BACKUP
    connection.execute(delete(BEATS).where(*old))
