"""How much of a request has come: seen without taking it from the socket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

LARGEST_HEAD = 64 * 1024
# A request up to this size, head and body, waits until it is whole; a longer one comes while it is
# read.
LARGEST_WHOLE = 96 * 1024
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*\r\n", re.IGNORECASE)
ENCODED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


class Stage(Enum):
    HEAD = "the head is still coming"
    BODY = "the head is there, the rest of a small body is coming"
    WHOLE = "nothing more will come"
    PARTLY = "the body has to be read while it comes"
    TOO_LONG = "no head is that long"


@dataclass(frozen=True)
class Arrival:
    """`wanted`: how many bytes must be there before it is worth looking again."""

    stage: Stage
    wanted: int = 0


def look(seen: bytes) -> Arrival:
    """Judge the first bytes of a request. Total: whatever they are."""
    end = seen.find(END_OF_HEAD)
    if end < 0:
        is_long = len(seen) >= LARGEST_HEAD
        return Arrival(Stage.TOO_LONG) if is_long else Arrival(Stage.HEAD, len(seen) + 1)
    head = seen[: end + 2]
    if ENCODED.search(head):
        return Arrival(Stage.PARTLY)
    length = LENGTH.search(head)
    if length is None:
        return Arrival(Stage.WHOLE)
    wanted = end + len(END_OF_HEAD) + int(length[1])
    if wanted > LARGEST_WHOLE:
        return Arrival(Stage.PARTLY)
    return Arrival(Stage.WHOLE) if len(seen) >= wanted else Arrival(Stage.BODY, wanted)
