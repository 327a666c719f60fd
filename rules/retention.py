"""How long each kind of data is kept: the kinds, their usual time, and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_DAYS = 3650
# The PBX and the CRM repeat what was not acknowledged for days: keys of events stay longer.
FEWEST_DAYS_OF_CALLS = 30


class Kind(StrEnum):
    """Each is a word of `Integration.kept_days`."""

    CALLS = "calls"  # with notifications, decisions, writes, trace
    JOURNAL = "journal"  # notifications that were not used or could not be read
    CALLBACKS = "callbacks"  # closed ones
    CLICKS = "clicks"
    MANAGER_ANSWERS = "manager_answers"
    CRM_EVENTS = "crm_events"
    LISTENED = "listened"  # who listened to recordings
    RUNS = "runs"  # of replay, sync, comparison, audit


@dataclass(frozen=True)
class Span:
    """Days: as long as nobody says otherwise, and the fewest that may be chosen."""

    usual: int
    fewest: int = 1


SPANS: Mapping[Kind, Span] = {
    Kind.CALLS: Span(730, FEWEST_DAYS_OF_CALLS),
    Kind.JOURNAL: Span(90, 7),
    Kind.CALLBACKS: Span(365, 7),
    Kind.CLICKS: Span(365, 7),
    Kind.MANAGER_ANSWERS: Span(90),
    Kind.CRM_EVENTS: Span(90, 14),
    Kind.LISTENED: Span(365, 30),
    Kind.RUNS: Span(180, 7),
}
# Of the whole server, and not to be chosen.
CHANGES_DAYS = 730
UNKNOWN_NUMBER_DAYS = 90


def days_of(kept_days: Mapping[str, Any] | None) -> dict[Kind, int]:
    """The days of every kind; what is not named, or makes no sense, has its usual time."""
    return {kind: _days(span, (kept_days or {}).get(kind)) for kind, span in SPANS.items()}


def as_stored(days: Mapping[Kind, int]) -> dict[str, int]:
    """Only what differs from the usual: that may change with a later version."""
    return {str(kind): each for kind, each in days.items() if each != SPANS[kind].usual}


def shortened(old: Mapping[Kind, int], new: Mapping[Kind, int]) -> tuple[Kind, ...]:
    """The kinds of which something would be erased that would have stayed."""
    return tuple(kind for kind in SPANS if new[kind] < old[kind])


def _days(span: Span, wanted: Any) -> int:
    is_whole = isinstance(wanted, int) and not isinstance(wanted, bool)
    return wanted if is_whole and span.fewest <= wanted <= MOST_DAYS else span.usual
