"""Takes secrets and phone numbers out of what is logged, raised or shown in a trace."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

MAX_MESSAGE = 300
MASK = "***"
SECRET_MEMBER = re.compile(
    r"""((?:api[_-]?key|access[_-]?token|token|secret|password|authorization)["']?\s*[=:]\s*["']?)"""
    r"""(?:bearer\s+)?[^\s"'&,;}]+""",
    re.IGNORECASE,
)
BEARER = re.compile(r"(bearer\s+)[^\s\"',;]+", re.IGNORECASE)
PHONE = re.compile(r"\+\d{4,11}(?=\d{4}(?!\d))")
QUERY = re.compile(r"\?[^\s\"')]*")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def mask_text(text: str, secrets: Iterable[str] = ()) -> str:
    """A message that may be shown: no secret, phones by their last four digits, at most a line."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    text = UNPRINTABLE.sub(" ", text[: 4 * MAX_MESSAGE])
    text = BEARER.sub(r"\1" + MASK, SECRET_MEMBER.sub(r"\1" + MASK, text))
    text = PHONE.sub(MASK, text).strip()
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"


def mask_target(target: str) -> str:
    """A path with its query, whose values are masked: `/clients?phone=***`."""
    path, mark, query = target.partition("?")
    if not mark:
        return path
    return path + mark + "&".join(f"{pair.partition('=')[0]}={MASK}" for pair in query.split("&"))


class QueryFilter(logging.Filter):
    """Takes query strings out of log records, where a key may stand (urllib3's lines)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record stays, without its queries."""
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(value) for value in record.args)
        record.msg = _without_query(record.msg)
        return True


def _without_query(value: object) -> object:
    return QUERY.sub("?" + MASK, value) if isinstance(value, str) else value
