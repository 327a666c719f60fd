"""What the work on a call may ask of the drain, and how it ends.

The work is a generator: between two `yield`s it reads its call and collects changes; what it
yields is done after those changes are committed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clients.behomes import BehomesClient
from rules.vocabulary import CallState


@dataclass(frozen=True)
class Lock:
    """Hold the contact until the work ends; answered with the ledger's rows of `contact`, read
    under the lock, or None if another worker has it."""

    key: str
    contact: str


@dataclass(frozen=True)
class Send:
    """One request to the CRM, when pace and breaker allow. `before` is called when they do, and
    what it changes is committed before the request goes. Answered with the result; a ClientError
    is raised into the work, and `Blocked` when the breaker does not allow it."""

    operation: str
    call: Callable[[BehomesClient], Any]
    before: Callable[[], None] | None = None


@dataclass(frozen=True)
class Rest:
    """Where the work leaves its call: its state, and when there is more to do (None: never by
    itself; a datetime in the past: as soon as somebody can)."""

    state: CallState
    reason: str | None = None
    next_at: datetime | None = None


class Blocked(Exception):
    """The account's breaker is open: nothing was sent, the work waits."""


class Busy(Exception):
    """Another worker has this contact, or makes what we need: come back in a moment."""

    def __init__(self, seconds: float = 0.7) -> None:
        super().__init__()
        self.later = timedelta(seconds=seconds)


Step = Lock | Send
Work = Generator[Step, Any, Rest]
