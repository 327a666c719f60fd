"""Origins of web pages: scheme, host and port, in the one spelling that browsers send."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_ORIGINS = 20
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_PORTS = {"https": 443, "http": 80}
HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}")
SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True)
class ReadOrigins:
    """What somebody typed as a list: the origins in their order, and the words that are none."""

    origins: tuple[str, ...]
    wrong: tuple[str, ...] = ()

    @property
    def is_too_long(self) -> bool:
        return len(self.origins) > MOST_ORIGINS


def read_origin(text: str) -> str | None:
    """The origin of an address as browsers write it, None if there is none.

    A path is cut off. Plain http only on this machine: a page that others can change on its way
    must not get a key to the console.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode().lower()
    except ValueError:
        return None
    host = f"[{host}]" if ":" in host else host
    if parts.username is not None or parts.scheme not in DEFAULT_PORTS:
        return None
    if host not in LOOPBACK and (parts.scheme == "http" or not HOST.fullmatch(host)):
        return None
    shown_port = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"


def read_origins(text: str) -> ReadOrigins:
    """A list typed by a person: one in a line, or separated by commas; each counts once."""
    words = [word for word in SEPARATORS.split(text) if word]
    read = [(word, read_origin(word)) for word in words]
    found = dict.fromkeys(origin for _, origin in read if origin)
    return ReadOrigins(tuple(found), tuple(word for word, origin in read if origin is None))


def is_allowed(origin: str | None, allowed: Iterable[str]) -> bool:
    """Whether the `Origin` that a browser sent is one of these. Never true for "null"."""
    return bool(origin) and origin != "null" and origin in set(allowed)
