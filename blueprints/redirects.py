"""Where a person may be sent: places of this server only."""

from __future__ import annotations

from urllib.parse import urlsplit


def local_path(target: str | None, default: str = "/") -> str:
    """`target` if it is a path of this server, else `default`.

    Browsers read a backslash as a slash and drop tabs and line breaks, so these are refused too.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    if "\\" in target or any(ord(character) < 33 for character in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target.rstrip("?")
