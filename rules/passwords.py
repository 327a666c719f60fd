"""Whether a password is too easy to guess."""

from __future__ import annotations

import re
from enum import StrEnum

SHORTEST, LONGEST = 10, 200
FEWEST_SIGNS = 4
# Words that somebody would try here first; with a digit or two they are no password.
OWN_WORDS = ("callgear", "behomes", "dubai", "emirates", "admin", "agent", "manager", "password")
# zxcvbn's scale: 0 = guessed within a thousand tries, 1 = a million, 2 = a hundred million.
KNOWN_PASSWORD, AROUND_A_KNOWN_WORD = 0, 1


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
    is_plain = is_known or len(set(password)) < FEWEST_SIGNS
    return Weakness.GUESSABLE if is_plain or _is_guessed_soon(password, email) else None


def _is_guessed_soon(password: str, email: str) -> bool:
    """Whether it is among the passwords that are tried first: 30,000 known ones with their usual
    changes, and words of this place and person with little around them."""
    from zxcvbn import (
        zxcvbn,
    )  # its lists take a fifth of a second: only who sets a password needs them
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    if password.lower() in FREQUENCY_LISTS["passwords"]:
        return True
    personal = [word for word in re.split(r"[^\w]+", email.lower()) if len(word) > 2]
    found = zxcvbn(password, user_inputs=[*OWN_WORDS, *personal], max_length=LONGEST)
    has_own_word = any(each.get("dictionary_name") == "user_inputs" for each in found["sequence"])
    return int(found["score"]) <= (AROUND_A_KNOWN_WORD if has_own_word else KNOWN_PASSWORD)
