"""Numbers of rows in addresses and forms: no larger than any database counts."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


class RowId(IntegerConverter):
    """`<int:id>`; a larger number is an address that is not there."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": LARGEST, **kwargs})


def row_id(text: str) -> int:
    """The number of a row in a form. Raises ValueError if there can be no such row."""
    number = int(text)
    if not 0 <= number <= LARGEST:
        raise ValueError("no number of a row")
    return number
