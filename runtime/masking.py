"""Takes secrets and phone numbers out of whatever is logged.

A second line of defence: our own lines never contain them, a library's or a traceback may.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

SECRET_NAMES = (
    r"(?:api_?key|access_?token|token|secret(?:_?key)?|password|authorization|webhook_secret)"
)
SECRETS = (
    (re.compile(r"(/(?:hooks|recordings)/)[^/\s?\"'<>]+"), r"\1***"),
    (re.compile(rf"\b({SECRET_NAMES}=)[^&\s\"']+", re.IGNORECASE), r"\1***"),
    (re.compile(rf"([\"']{SECRET_NAMES}[\"']\s*:\s*[\"'])[^\"']+", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b((?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]+", re.IGNORECASE), r"\1***"),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+@"), r"\1***@"),
)
SECRET_NAME = re.compile(rf"^(?:.*_)?{SECRET_NAMES}$", re.IGNORECASE)
PHONE_NAME = re.compile(r"phone|^num[ab]$|^caller$", re.IGNORECASE)
# With a plus always; without one only at the lengths of a full number with its country code,
# and not inside a longer word or number: a time in milliseconds has 13 digits, our ids fewer.
PHONE = re.compile(r"\+\d{4,11}(\d{4})\b|(?<![\w.\-+])\d{7,8}(\d{4})(?![\w\-]|\.\d)")
# Our own fields of a line: some hold our own words only, an id may be as long as a phone number.
OURS = frozenset({"timestamp", "level", "logger", "part"})
ID_NAMES = frozenset({"call", "integration", "request"})
PLAIN_ID = re.compile(r"[\w.:-]{1,64}")
DIGITS = re.compile(r"\d(?=\d{4})")


def mask_text(text: str) -> str:
    """The text without keys, tokens and passwords; of a phone number the last 4 digits stay."""
    for pattern, kept in SECRETS:
        text = pattern.sub(kept, text)
    return PHONE.sub(lambda found: f"***{found[1] or found[2]}", text)


def mask_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: masks every text of the event and what is named like a secret."""
    for name, value in event.items():
        if not name.startswith("_") and name not in OURS:
            event[name] = _masked(name, value)
    return event


@lru_cache(1024)
def _is_secret(name: str) -> bool:
    return SECRET_NAME.match(name) is not None


@lru_cache(1024)
def _is_phone(name: str) -> bool:
    return PHONE_NAME.search(name) is not None


def _masked(name: str, value: Any) -> Any:
    match value:
        case None | bool() | float():
            return value
        case _ if _is_secret(name):
            return "***"
        case str() if name in ID_NAMES and PLAIN_ID.fullmatch(value):
            return value
        case dict():
            return {key: _masked(str(key), one) for key, one in value.items()}
        case list() | tuple():
            return [_masked(name, one) for one in value]
        case _ if _is_phone(name):
            return DIGITS.sub("*", str(value))
        case int():
            return value
        case _:
            return mask_text(str(value))
