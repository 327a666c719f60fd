"""A notification after reading: its kind and its members in one spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules.vocabulary import USED_EVENTS

Member = str | int | float | bool | list[str]


@dataclass(frozen=True)
class Event:
    """One notification, read.

    `kind` is a word of `EventKind`, or the foreign word of an event that we do not use, or "" when
    nothing tells. `key` is equal for two notifications exactly when they say the same.
    `members` holds the known members that came with a value, in one spelling:
    ids and phones as text (phones digits only, without plus), durations as numbers, flags as
    booleans, lists as sorted lists of text, times as the PBX wrote them (zone of the account).
    `row_id` and `received_at` are those of the inbox row once stored.
    """

    kind: str
    key: str
    call_session_id: str | None
    members: Mapping[str, Member] = field(default_factory=dict)
    row_id: int = 0
    received_at: datetime | None = None

    @property
    def is_used(self) -> bool:
        """True if the event takes part in a call; else it is stored and ignored."""
        return self.kind in USED_EVENTS and self.call_session_id is not None
