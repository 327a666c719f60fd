"""The part of a file that a player asks for (RFC 9110, 14.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# What asks whether there is a recording at all, without listening to it.
PROBE = "bytes=0-0"


@dataclass(frozen=True)
class ByteRange:
    """From `start` until just before `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class Unsatisfiable(Exception):
    """The file has none of the bytes that were asked for."""


def read_range(header: str | None, size: int) -> ByteRange | None:
    """The part asked for; None for the whole file, also where the header says nothing that we
    read. Raises Unsatisfiable."""
    found = _SINGLE.fullmatch((header or "").strip().replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None
    if start >= stop:
        raise Unsatisfiable
    return ByteRange(start, stop)
