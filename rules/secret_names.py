"""Which fields of a form hold secrets, by their names alone."""

from __future__ import annotations

import re
from collections.abc import Collection

SECRET = re.compile(
    r"pass(word|wd|phrase|code)?$|^pass|pwd|secret|token|csrf|credential"
    r"|api[_-]?key|(^|[_-])keys?($|[_-])|(^|[_-])(pin|otp)($|[_-])",
    re.IGNORECASE,
)


def is_secret_name(name: str, known: Collection[str] = ()) -> bool:
    """Whether what is typed under this name must never be stored as it is.

    `known` are names that are secret whatever they sound like. Of a field in a list (`rows-0-key`)
    the last part counts as well.
    """
    last = name.rpartition("-")[2]
    return name in known or last in known or bool(SECRET.search(name) or SECRET.search(last))
