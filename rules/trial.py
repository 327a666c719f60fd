"""A call that never was: what the PBX would tell of it, from what a person chose on a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rules.events import Event, Member
from rules.facts import CallFacts, Surroundings, fold
from rules.pbx import CallRow
from rules.variables import VARIABLES, Known
from rules.vocabulary import Direction, EventKind, Outcome

CALL_SESSION_ID = "700000101"
RECORDING = "https://media.example.com/1"
RECORD_READY_SECONDS = 60
Said = tuple[EventKind, int, dict[str, Member]]


@dataclass(frozen=True)
class TrialCall:
    """`phone` are digits, None for a hidden number; employees are ids of the PBX.

    `answered_by` is whom the client reaches first, or whose phone rings in vain; `finished_by`
    takes the call over when it is transferred; `caller` starts an outgoing call.
    """

    direction: Direction
    started_at: datetime
    phone: str | None
    is_answered: bool = True
    is_transfer: bool = False
    answered_by: str | None = None
    finished_by: str | None = None
    caller: str | None = None
    virtual_number: str | None = None
    wait_seconds: int = 10
    talk_seconds: int = 75
    names: Mapping[str, str] = field(default_factory=dict)  # employee id -> full name
    # What only the calls report tells: where the client came from.
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        if self.is_answered:
            return Outcome.ANSWERED
        return Outcome.LOST if self.direction is Direction.INBOUND else Outcome.FAILED


def example_parameters() -> dict[str, str]:
    """An example for everything that only the calls report tells."""
    return {
        each.name: each.sample
        for each in VARIABLES.values()
        if each.known is Known.REPORT and each.fields
    }


def events_of(trial: TrialCall, around: Surroundings) -> tuple[Event, ...]:
    """The notifications of the call, in the order in which the PBX would send them."""
    told = _inbound(trial) if trial.direction is Direction.INBOUND else _outbound(trial)
    always: dict[str, Member | None] = {
        "contact_phone_number": trial.phone,
        "virtual_phone_number": trial.virtual_number,
    }
    return tuple(
        _event(kind, trial.started_at + timedelta(seconds=seconds), always | members, around)
        for kind, seconds, members in told
    )


def points_of(trial: TrialCall, around: Surroundings) -> tuple[CallFacts, ...]:
    """What is known after each notification; at last also what the calls report says of it."""
    events = events_of(trial, around)
    points = [fold(events[: count + 1], around) for count in range(len(events))]
    if trial.parameters:
        row = CallRow(CALL_SESSION_ID, parameters=trial.parameters)
        points.append(fold(events, replace(around, report=row)))
    return tuple(points)


def _inbound(trial: TrialCall) -> Iterator[Said]:
    first = _who(trial, trial.answered_by)
    yield EventKind.INCOMING_CALL, 0, {}
    if first:
        yield EventKind.WAITING_ANSWER, 1, {"direction": "inbound", "leg_id": "1", **first}
    if trial.is_answered:
        yield from _talks(trial, trial.answered_by)
        return
    yield EventKind.CALL_FINISHED, trial.wait_seconds, _end(trial, talk=0) | {"is_lost": True}
    rang: dict[str, Member] = {"employee_ids": [trial.answered_by]} if trial.answered_by else {}
    yield EventKind.LOST_CALL, trial.wait_seconds, rang


def _outbound(trial: TrialCall) -> Iterator[Said]:
    caller = _who(trial, trial.caller)
    yield EventKind.OUTGOING_CALL, 0, caller
    if trial.is_answered:
        yield from _talks(trial, trial.caller)
        return
    ended = _end(trial, talk=0) | caller | {"is_lost": True}
    yield EventKind.CALL_FINISHED, trial.wait_seconds, ended


def _talks(trial: TrialCall, first: str | None) -> Iterator[Said]:
    """The talk of the first employee, after a transfer that of the second, the end, the record."""
    talkers = [first]
    if trial.is_transfer and trial.finished_by:
        talkers.append(trial.finished_by)
    at, share = trial.wait_seconds, trial.talk_seconds // len(talkers)
    for number, employee in enumerate(talkers):
        seconds = trial.talk_seconds - share if number else share
        legs: dict[str, Member] = {"direction": str(trial.direction), "leg_ids": ["0", f"{number}"]}
        about = legs | _who(trial, employee)
        if number:
            yield EventKind.WAITING_ANSWER, at, _who(trial, employee) | {"leg_id": f"{number + 1}"}
        yield EventKind.TALK_STARTED, at, about
        at += seconds
        yield EventKind.TALK_FINISHED, at, about | {"talk_time_duration": seconds}
    last = _who(trial, talkers[-1]) | {"is_transfer": len(talkers) > 1}
    if talkers[-1]:
        last["last_talked_employee_id"] = talkers[-1]
    yield EventKind.CALL_FINISHED, at, _end(trial, talk=trial.talk_seconds) | last
    record: dict[str, Member] = {"file_link": RECORDING, "file_duration": trial.talk_seconds}
    yield EventKind.RECORD_READY, at + RECORD_READY_SECONDS, record


def _who(trial: TrialCall, employee_id: str | None) -> dict[str, Member]:
    if not employee_id:
        return {}
    who: dict[str, Member] = {"employee_id": employee_id}
    name = trial.names.get(employee_id)
    return who | ({"employee_full_name": name} if name else {})


def _end(trial: TrialCall, *, talk: int) -> dict[str, Member]:
    return {
        "direction": str(trial.direction),
        "wait_time_duration": trial.wait_seconds,
        "talk_time_duration": talk,
        "total_time_duration": trial.wait_seconds + talk,
    }


def _event(
    kind: EventKind, at: datetime, members: Mapping[str, Member | None], around: Surroundings
) -> Event:
    written = at.astimezone(around.zone).isoformat(" ", "milliseconds")[:23]
    said: dict[str, Member] = {"call_session_id": CALL_SESSION_ID, "notification_time": written}
    said |= {name: value for name, value in members.items() if value is not None}
    return Event(kind, f"{kind}|{written}", CALL_SESSION_ID, said, 0, at)
