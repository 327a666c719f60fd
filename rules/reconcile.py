"""Comparing the calls report with what we know: which window, where it goes on, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules.pbx import CallRow
from rules.vocabulary import Outcome

# Rows come late, and their records later still: each run looks back over the runs before it.
OVERLAP = timedelta(hours=2)
# A call that began just now is still told by its notifications.
BEHIND = timedelta(minutes=2)
NIGHTLY = timedelta(days=3)
NIGHT_BEGINS = time(2)
# The PBX refuses a period of more than three months.
LONGEST = timedelta(days=85)


@dataclass(frozen=True)
class Window:
    """The calls that began between two moments."""

    since: datetime
    till: datetime


@dataclass(frozen=True)
class Counts:
    """Of `rows` in the report `known` were ours and `taken_in` were not; of the known ones
    `completed` got something that was missing. A call that still goes on may be neither."""

    rows: int = 0
    known: int = 0
    taken_in: int = 0
    completed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.rows + other.rows,
            self.known + other.known,
            self.taken_in + other.taken_in,
            self.completed + other.completed,
        )


def periodic_window(watermark: datetime | None, made_at: datetime, now: datetime) -> Window:
    """From the watermark with an overlap, never from before the integration was made."""
    since = max(made_at, watermark - OVERLAP) if watermark else made_at
    return Window(since, max(since, now - BEHIND))


def nightly_window(made_at: datetime, now: datetime) -> Window:
    """The days before: for rows and records that came very late."""
    since = max(made_at, now - NIGHTLY)
    return Window(since, max(since, now - BEHIND))


def is_night_due(last: datetime | None, made_at: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a night has begun since the days before were compared last."""
    local = now.astimezone(zone)
    night = datetime.combine(local.date(), NIGHT_BEGINS, zone)
    if night > now:
        night = datetime.combine(local.date() - timedelta(days=1), NIGHT_BEGINS, zone)
    return (last or made_at) < night


def spans(window: Window) -> Iterator[Window]:
    """The window in pieces that the PBX accepts, the oldest first."""
    since = window.since
    while window.till - since > LONGEST:
        yield Window(since, since + LONGEST)
        since += LONGEST
    yield Window(since, window.till)


def rest_of(window: Window, rows: Sequence[CallRow]) -> Window | None:
    """What is left of a window after a full page of its rows, which begin in order: from the last
    start on, for others may have begun in that second. None if that leads nowhere."""
    last = max((row.started_at for row in rows if row.started_at), default=None)
    if last is None or last.replace(microsecond=0) <= window.since:
        return None
    return Window(last.replace(microsecond=0), window.till)


def missing_facts(row: CallRow, known: Mapping[str, Any]) -> tuple[str, ...]:
    """What the report knows of a call that its stored facts (`rules/stored_facts.py`) lack.

    Only what is absent counts: where both say something, the notifications' word stands.
    """
    if row.finished_at is None:
        return ()
    return tuple(word for word, is_missing in _lacks(row, known) if is_missing)


def _lacks(row: CallRow, known: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    talked = {each.employee_id for each in row.employees if each.is_talked}
    talks = {talk["employee_id"] for talk in known.get("talks") or ()}
    rung = {each.employee_id for each in row.employees}
    is_open = known.get("outcome") in (None, Outcome.UNKNOWN)
    yield "end", is_open or not known.get("is_ended")
    yield "direction", _absent(known, "direction", row.direction)
    yield "phone", _absent(known, "client_phone", row.contact_phone_number)
    yield "number", _absent(known, "virtual_number", row.virtual_phone_number)
    yield "first_talker", _absent(known, "answered_by", row.first_talked_employee_id)
    yield "last_talker", _absent(known, "finished_by", row.last_talked_employee_id)
    yield "talk", _absent(known, "talk_seconds", row.talk_seconds)
    yield "employees", bool(talked - talks) or (bool(rung) and not known.get("rung"))
    yield "recording", _absent(known, "recordings", row.record_links)
    yield "tags", bool(set(row.tags) - set(known.get("tags") or ()))


def _absent(known: Mapping[str, Any], name: str, in_report: object) -> bool:
    return bool(in_report) and not known.get(name)
