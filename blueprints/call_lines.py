"""A call as the pages show it: one line of the list, and the address of a filtered list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from blueprints import words
from blueprints.reasons import Names, state_reason
from blueprints.shown import clock, day
from blueprints.words import Word
from models import CallSession, Integration
from rules.vocabulary import CallState, Direction, Entity
from services.find_calls import CallFilter

FILTERS = ("state", "direction", "outcome")


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


def read_filter(arguments: Mapping[str, str], employee_id: str | None = None) -> CallFilter:
    """The filter of a query string; what is not one of the known words leaves it open."""
    allowed = {name: table for name, table in filter_words().items()}
    values = {name: arguments.get(name, "") for name in FILTERS}
    known = {name: value if value in allowed[name] else "" for name, value in values.items()}
    text = arguments.get("q", "").strip()[:64]
    return CallFilter(**known, text=text, employee_id=employee_id)


def filter_words() -> dict[str, Mapping[str, Word]]:
    return {
        "state": words.CALL_STATES,
        "direction": words.DIRECTIONS,
        "outcome": words.OUTCOMES,
    }


def list_address(
    integration: Integration, wanted: CallFilter, *, page: int = 1, without: str = "", **more: Any
) -> str:
    """The address of a list; `without` takes one member of the filter away."""
    values = {"q": wanted.text, **{name: getattr(wanted, name) for name in FILTERS}}
    kept: dict[str, Any] = {
        name: value for name, value in values.items() if value and name != without
    }
    if page > 1:
        kept["page"] = page
    return url_for("calls.index", id=integration.id, **kept, **more)


def chips(integration: Integration, wanted: CallFilter) -> list[tuple[str, str]]:
    """The active filters in words, each with the address of the list without it."""
    found = [("q", _("Search: %(text)s", text=wanted.text))] if wanted.text else []
    for name, table in filter_words().items():
        if getattr(wanted, name):
            found.append((name, str(table[getattr(wanted, name)].label)))
    return [(text, list_address(integration, wanted, without=name)) for name, text in found]


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
