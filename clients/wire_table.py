"""Reads one table of the data file, and says exactly which entry is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

STEP = re.compile(r"[^.\s]+")


class WireError(ValueError):
    """The data file cannot be used; the message begins with the path of the bad entry."""


class Table:
    """A table under check: every entry must be asked for, so that a typing error is noticed."""

    def __init__(self, data: Any, path: str = "") -> None:
        self._path = path
        if not isinstance(data, Mapping):
            raise WireError(f"{path}: must be a table")
        self._data = data
        self._seen: set[str] = set()

    def fail(self, name: str, reason: str) -> NoReturn:
        """Raise a WireError for this entry."""
        raise WireError(f"{self._at(name)}: {reason}")

    def done(self) -> None:
        """Raise a WireError if there are entries that nobody asked for."""
        unknown = sorted(set(self._data) - self._seen)
        if unknown:
            self.fail(unknown[0], "is not a word that we know here")

    def table(self, name: str) -> Table:
        return Table(self._get(name), self._at(name))

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str):
            self.fail(name, "must be a text")
        return value

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        value = self.text(name)
        if not pattern.fullmatch(value):
            self.fail(name, f"{value!r} cannot stand here")
        return value

    def one_of(self, name: str, words: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in words:
            self.fail(name, f"{value!r} is none of {', '.join(words)}")
        return value

    def flag(self, name: str) -> bool:
        value = self._get(name)
        if not isinstance(value, bool):
            self.fail(name, "must be true or false")
        return value

    def whole(self, name: str, least: int, most: int) -> int:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.fail(name, f"must be a whole number from {least} to {most}")
        return value

    def word(self, name: str) -> str | int:
        """A word of an enumeration: text or number."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            self.fail(name, "must be a word or a number")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fail(name, "must be a list of texts")
        return tuple(value)

    def path(self, name: str, *, flat: bool = False) -> tuple[str, ...] | None:
        """The steps of a dotted path; None for "", () for "." where `flat` allows it."""
        value = self.text(name)
        if value == "":
            return None
        if value == "." and flat:
            return ()
        steps = tuple(value.split("."))
        if not all(STEP.fullmatch(step) for step in steps):
            self.fail(name, f"{value!r} is not a dotted path")
        return steps

    def needed_path(self, name: str) -> tuple[str, ...]:
        return self.path(name) or self.fail(name, "must not be empty")

    def _get(self, name: str) -> Any:
        self._seen.add(name)
        if name not in self._data:
            self.fail(name, "is missing")
        return self._data[name]

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
