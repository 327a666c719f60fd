"""What the simulated CRM remembers: rows with the indexes that keep a search cheap."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

LAST_DIGITS = 9


@dataclass(slots=True, eq=False)
class Row:
    """One object of the CRM, with when a search begins to see it."""

    number: int  # order of creation over all tables
    id: str
    data: dict[str, Any]
    origin: str  # "seed", "api" or "person"
    phone_from: float = 0.0  # time.time() from which a search by phone finds it
    external_from: float = 0.0
    writes: int = 0  # how many requests of the API wrote it


class Table:
    """Rows of one kind by id and by external_id; both stay quick at any size."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: dict[str, Row] = {}
        self.deleted: dict[str, Row] = {}
        self.by_external: dict[str, list[Row]] = {}
        self.inserted: Counter[str] = Counter()  # rows ever made by the API, per external_id

    def insert(self, row: Row) -> None:
        self.rows[row.id] = row
        external = row.data.get("external_id")
        if external is None:
            return
        self.by_external.setdefault(external, []).append(row)
        if row.origin == "api":
            self.inserted[external] += 1

    def delete(self, identity: str) -> Row | None:
        row = self.rows.pop(identity, None)
        if row is not None:
            self.deleted[identity] = row
            same = self.by_external.get(row.data.get("external_id") or "", [])
            if row in same:
                same.remove(row)
        return row

    def change(self, row: Row, data: dict[str, Any]) -> None:
        """Put new data into a row; the external_id never changes."""
        row.data = data

    def same_external(self, external: str) -> Row | None:
        rows = self.by_external.get(external)
        return rows[0] if rows else None

    def find_external(self, external: str) -> list[Row]:
        now = time.time()
        return [row for row in self.by_external.get(external, ()) if row.external_from <= now]


class ClientTable(Table):
    """Clients are found by phone too: all digits equal, or the last nine of them."""

    def __init__(self, name: str = "clients") -> None:
        super().__init__(name)
        self.by_digits: dict[str, list[Row]] = {}
        self.by_tail: dict[str, list[Row]] = {}

    def insert(self, row: Row) -> None:
        super().insert(row)
        self._index(row)

    def delete(self, identity: str) -> Row | None:
        row = super().delete(identity)
        if row is not None:
            self._forget(row)
        return row

    def change(self, row: Row, data: dict[str, Any]) -> None:
        self._forget(row)
        super().change(row, data)
        self._index(row)

    def same_phone(self, phones: list[str]) -> Row | None:
        for phone in phones:
            rows = self.by_digits.get(digits(phone))
            if rows:
                return rows[0]
        return None

    def find_phones(self, phones: list[str]) -> list[Row]:
        now = time.time()
        found: dict[str, Row] = {}
        for phone in phones:
            bare = digits(phone)
            rows = list(self.by_digits.get(bare, ()))
            if len(bare) >= LAST_DIGITS:
                rows += self.by_tail.get(bare[-LAST_DIGITS:], ())
            found.update((row.id, row) for row in rows if row.phone_from <= now)
        return list(found.values())

    def _index(self, row: Row) -> None:
        for bare in {digits(phone) for phone in row.data["phones"]}:
            self.by_digits.setdefault(bare, []).append(row)
            if len(bare) >= LAST_DIGITS:
                self.by_tail.setdefault(bare[-LAST_DIGITS:], []).append(row)

    def _forget(self, row: Row) -> None:
        for bare in {digits(phone) for phone in row.data["phones"]}:
            _drop(self.by_digits, bare, row)
            _drop(self.by_tail, bare[-LAST_DIGITS:], row)


def _drop(index: dict[str, list[Row]], key: str, row: Row) -> None:
    rows = [kept for kept in index.get(key, ()) if kept is not row]
    if rows:
        index[key] = rows
    else:
        index.pop(key, None)


def digits(phone: str) -> str:
    return "".join(filter(str.isdecimal, phone))


def now_ms() -> int:
    return int(time.time() * 1000)
