"""Seal everything anew with the newest key, while all goes on; resumable at any point.

A row is changed only as it was read, so that nothing that somebody stores meanwhile is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Table, select, update
from sqlalchemy.engine import Engine

from models import db
from models.base import reading
from services.recording_files import BrokenFile, reseal_head
from services.vault import SealError, Vault

BATCH = 200


@dataclass
class Resealed:
    """`sealed` were sealed anew, `already` were so before; `unopened` no key at hand can open;
    `moving` were changed meanwhile by somebody else, and are to be looked at again."""

    sealed: int = 0
    already: int = 0
    unopened: int = 0
    moving: int = 0
    recordings: int = 0

    @property
    def is_complete(self) -> bool:
        return not (self.unopened or self.moving)


def reseal(engine: Engine, vault: Vault, recordings_dir: Path) -> Resealed:
    """Every sealed column of every table, and the heads of kept recordings."""
    done = Resealed()
    for table, column in sealed_columns():
        for ids, texts in _batches(engine, table, column):
            _reseal_batch(engine, vault, table, column, dict(zip(ids, texts, strict=True)), done)
    for path in sorted(recordings_dir.glob("*/*")) if recordings_dir.is_dir() else ():
        try:
            done.recordings += reseal_head(path, vault)
        except BrokenFile:
            done.unopened += path.suffix == ".rec"
        except FileNotFoundError:
            continue  # its time was over just now
    return done


def sealed_columns() -> list[tuple[Table, Column[str]]]:
    """All columns that hold encrypted text: their names end in `_sealed`."""
    return [
        (table, column)
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
    ]


def _batches(
    engine: Engine, table: Table, column: Column[str]
) -> Iterator[tuple[list[int], list[str]]]:
    last = 0
    while True:
        query = (
            select(table.c.id, column)
            .where(table.c.id > last, column.is_not(None), column != "")
            .order_by(table.c.id)
            .limit(BATCH)
        )
        with reading(), engine.connect() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1][0]
        yield [row[0] for row in rows], [row[1] for row in rows]


def _reseal_batch(
    engine: Engine,
    vault: Vault,
    table: Table,
    column: Column[str],
    texts: dict[int, str],
    done: Resealed,
) -> None:
    wanted: dict[int, str] = {}
    for row_id, text in texts.items():
        if vault.is_newest(text):
            done.already += 1
            continue
        try:
            wanted[row_id] = vault.seal(vault.open(text))
        except SealError:
            done.unopened += 1
    if not wanted:
        return
    with engine.begin() as connection:
        for row_id, text in wanted.items():
            as_read = table.c.id == row_id, column == texts[row_id]
            changed = connection.execute(update(table).where(*as_read).values({column.name: text}))
            done.sealed += changed.rowcount
            done.moving += 1 - changed.rowcount
