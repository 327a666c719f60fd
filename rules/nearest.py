"""What somebody most likely meant by a word that we do not know."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

ALIKE = 0.6
LONGEST = 60


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name most like `word`; None if none is near.

    Whole names are compared, and word by word: `contact_fone` means `contact_phone_number`, not
    `contact_full_name`.
    """
    typed = word.strip().lower()[:LONGEST]
    score, name = max(((_likeness(typed, name), name) for name in names), default=(0.0, ""))
    return name if score >= ALIKE else None


def _likeness(typed: str, name: str) -> float:
    parts = typed.split("_")
    by_word = sum(max(_ratio(part, other) for other in name.split("_")) for part in parts)
    return (_ratio(typed, name) + by_word / len(parts)) / 2


def _ratio(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
