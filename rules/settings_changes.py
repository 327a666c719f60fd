"""What differs between two versions of a settings document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.settings import Settings, dump

Change = tuple[str, Any, Any]


def difference(old: Settings, new: Settings) -> list[Change]:
    """The changed settings as (path, old, new), in the order of the document.

    Rows of `fields` are told apart by their id (`fields.f1.value`); a row that came or went is
    one change (`fields.f2`, None on the side that has no such row). Other lists change as wholes.
    """
    return list(_changes("", _by_row_id(dump(old)), _by_row_id(dump(new))))


def _by_row_id(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "fields": {row["id"]: row for row in document["fields"]}}


def _changes(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if not (isinstance(old, dict) and isinstance(new, dict)):
        yield path, old, new
        return
    for name in dict.fromkeys((*old, *new)):
        inside = f"{path}.{name}" if path else name
        yield from _changes(inside, old.get(name), new.get(name))
