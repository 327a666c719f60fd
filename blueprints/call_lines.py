"""A call as the pages show it: one line of the list, and the address of a filtered list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from flask_babel import gettext as _

from blueprints import words
from blueprints.reasons import Names, state_reason
from blueprints.shown import clock, day
from blueprints.words import Word
from models import CallSession, Integration
from rules.vocabulary import CallState, Direction, Entity


@dataclass(frozen=True)
class CallLine:
    """What a row of the list says; `call` is the row of the table."""

    call: CallSession
    state: Word
    reason: str
    direction: Word
    outcome: Word | None
    employee: str
    talk_seconds: int | None
    entities: list[Word]

    @property
    def is_failed(self) -> bool:
        return self.call.state == CallState.FAILED


def call_line(call: CallSession, integration: Integration, names: Names) -> CallLine:
    return CallLine(
        call,
        state=_state(call, integration.timezone),
        reason="" if call.state_reason == "in_progress" else state_reason(call.state_reason),
        direction=words.word(words.DIRECTIONS, call.direction),
        outcome=words.outcome_word(call.outcome),
        employee=_employee(call, names),
        talk_seconds=call.facts.get("talk_seconds"),
        entities=[words.ENTITIES[kind] for kind in Entity if call.created.get(f"{kind}_id")],
    )


def lines_by_day(
    calls: Iterable[CallSession], integration: Integration, names: Names
) -> list[tuple[str, list[CallLine]]]:
    """The lines under their days, in the integration's zone."""
    days = groupby(calls, key=lambda call: day(call.started_at, integration.timezone))
    return [(name, [call_line(call, integration, names) for call in rows]) for name, rows in days]


def _state(call: CallSession, zone: str) -> Word:
    state = words.word(words.CALL_STATES, call.state)
    if call.state == CallState.WAITING and call.state_reason == "in_progress":
        return words.IN_PROGRESS
    if call.state == CallState.WAITING and call.next_at and call.next_at > datetime.now(UTC):
        until = _("Waiting until %(time)s", time=clock(call.next_at, zone))
        return Word(until, state.icon, state.tone)
    return state


def _employee(call: CallSession, names: Names) -> str:
    facts = call.facts
    is_outbound = call.direction == Direction.OUTBOUND
    order = ("caller", "answered_by") if is_outbound else ("answered_by", "finished_by")
    found = next((facts[name] for name in order if facts.get(name)), None)
    return names.employee(found) if found else ""
