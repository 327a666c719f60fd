"""Keeps what others write from looking like lines of ours, or from steering a terminal.

Names, addresses and errors of others end in log lines. Line breaks of every alphabet, escape
sequences and signs that turn the direction of reading are written as escapes.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

# Controls of ASCII and of Latin-1 (one begins escape sequences), line and paragraph separators,
# signs of direction, the byte order mark, halves of pairs.
STEERING = re.compile(
    "[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# What the terminal's form prints below a line, each line of it behind a bar.
BELOW = ("exception", "stack")
BAR = "  | "


def plain(text: str) -> str:
    """The text in one line, without signs that steer."""
    return STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def plain_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor before what writes for people: JSON has escapes of its own."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _behind_bars(value) if name in BELOW else plain(value)
    return event


def plain_json(_logger: object, _method: str, line: Any) -> str:
    """A structlog processor after JSON is written: of what steers it leaves some as it is."""
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def _behind_bars(text: str) -> str:
    return "\n".join(BAR + plain(line) for line in text.split("\n"))
