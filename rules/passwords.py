"""Whether a password is too easy to guess."""

from __future__ import annotations

from enum import StrEnum

SHORTEST, LONGEST = 10, 200
FEWEST_SIGNS = 4


class Weakness(StrEnum):
    SHORT = "short"
    LONG = "long"
    GUESSABLE = "guessable"


def find_weakness(password: str, email: str) -> Weakness | None:
    """Why this may not be the password of that login; None if it may."""
    if len(password) < SHORTEST:
        return Weakness.SHORT
    if len(password) > LONGEST:
        return Weakness.LONG
    is_known = password.lower() in (email, email.split("@")[0])
    return Weakness.GUESSABLE if is_known or len(set(password)) < FEWEST_SIGNS else None
