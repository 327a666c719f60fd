"""How far a call that was asked for by a click has come, as its notifications tell it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from enum import StrEnum

from rules.events import Event
from rules.material import Timed, moment_of
from rules.vocabulary import EventKind


class Stage(StrEnum):
    CALLING_EMPLOYEE = "calling_employee"
    CALLING_CLIENT = "calling_client"
    TALKING = "talking"
    ENDED = "ended"
    FAILED = "failed"


FINAL = frozenset({Stage.ENDED, Stage.FAILED})
ORDER = tuple(Stage)
TOGETHER = timedelta(seconds=1)
# Why nobody talked; a page has words and an advice for each.
EMPLOYEE_SILENT, CLIENT_SILENT = "employee_silent", "client_silent"
CLIENT_BUSY, NOT_CONNECTED = "client_busy", "not_connected"


@dataclass(frozen=True)
class Progress:
    """`reason` tells why a call failed; None while it goes on or after a talk."""

    stage: Stage
    reason: str | None = None

    @property
    def is_final(self) -> bool:
        return self.stage in FINAL


def progress_of(events: Iterable[Event], zone: tzinfo) -> Progress:
    """Where the call stands; the order in which its events arrived makes no difference. Nothing
    heard yet: the PBX rings the employee first."""
    timed = sorted(
        ((moment_of(event, zone), event) for event in events),
        key=lambda item: (item[0], item[1].key),
    )
    known = [event for _, event in timed]
    kinds = {event.kind for event in known}
    is_at_client = _is_at_client(timed)
    has_talked = _has_talked(known)
    if kinds & {EventKind.CALL_FINISHED, EventKind.LOST_CALL}:
        return Progress(Stage.ENDED) if has_talked else _failed(known, is_at_client=is_at_client)
    if EventKind.TALK_FINISHED in kinds and not _is_talking(known):
        return Progress(Stage.ENDED)
    if has_talked:
        return Progress(Stage.TALKING)
    return Progress(Stage.CALLING_CLIENT if is_at_client else Stage.CALLING_EMPLOYEE)


def _has_talked(known: Sequence[Event]) -> bool:
    talks = (EventKind.TALK_STARTED, EventKind.TALK_FINISHED)
    for event in known:
        told = event.members.get("talk_time_duration")
        if event.kind in talks or (isinstance(told, (int, float)) and told > 0):
            return True
    return False


def _is_talking(known: Sequence[Event]) -> bool:
    """Whether the last that was told of talks is the begin of one, as after a transfer."""
    talks = [each.kind for each in known if each.kind in ("talk_started", "talk_finished")]
    return bool(talks) and talks[-1] == EventKind.TALK_STARTED


def _is_at_client(timed: Timed) -> bool:
    """The employee has picked up, or the PBX tells of the call to the client after it has rung the
    employee. (Told together with that, it only says that there is a call.)"""
    rung = [at for at, event in timed if event.kind == EventKind.WAITING_ANSWER]
    return any(
        event.kind == EventKind.CALL_ACCEPTED
        or (event.kind == EventKind.OUTGOING_CALL and bool(rung) and at - rung[0] > TOGETHER)
        for at, event in timed
    )


def _failed(known: Sequence[Event], *, is_at_client: bool) -> Progress:
    told = " ".join(str(event.members.get("lost_reason", "")) for event in known)
    if "subscriber_busy" in told:
        return Progress(Stage.FAILED, CLIENT_BUSY)
    if "subscriber" in told or is_at_client:
        return Progress(Stage.FAILED, CLIENT_SILENT)
    return Progress(Stage.FAILED, EMPLOYEE_SILENT if "operator" in told else NOT_CONNECTED)
