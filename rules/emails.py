"""What we take for an e-mail address: enough to tell people apart; nothing is sent to it."""

from __future__ import annotations

import re

LONGEST = 200
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def is_email(text: str) -> bool:
    return len(text) <= LONGEST and EMAIL.fullmatch(text) is not None
