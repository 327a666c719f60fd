"""The values of the template variables for one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.facts import CallFacts
from rules.formats import Moment, Regional, Value, format_date, format_time
from rules.variables import VARIABLES, Known, Variable
from rules.vocabulary import Outcome

# What one event says of these is not what is true of the whole call.
CONCLUDED = ("call_status", "direction", "employee_full_name")


@dataclass(frozen=True)
class Context:
    """What a template may say of a call beside its facts; all of it optional."""

    client_name: str | None = None
    responsible_name: str | None = None
    recording_url: str | None = None
    call_url: str | None = None
    virtual_number_name: str | None = None


# The variables that notifications feed, and the members that do, best first.
TOLD = tuple((name, each.members) for name, each in VARIABLES.items() if each.members)


def call_values(facts: CallFacts, context: Context, regional: Regional) -> dict[str, Value]:
    """Variable -> value; a variable without a value is missing.

    Members of notifications come first, then what the calls report says, then what we know.
    """
    values: dict[str, Value] = dict(facts.parameters)
    members = facts.members
    for name, feeds in TOLD:
        for member in feeds:
            if member in members:
                values[name] = members[member]
                break
    ours = _ours(facts, context, regional)
    for name in CONCLUDED:
        values[name] = ours.pop(name)
    values |= {name: value for name, value in ours.items() if not is_blank(value)}
    return {name: value for name, value in values.items() if not is_blank(value)}


def is_blank(value: Value) -> bool:
    """Whether a value says nothing; zero and false say something."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, (list, tuple)) and not value)


def is_settled(variable: Variable, facts: CallFacts, values: Mapping[str, Value]) -> bool:
    """Whether the value that a variable has now is the one it will keep."""
    match variable.known:
        case Known.START:
            # What the PBX has not told yet may come with a later notification.
            return facts.is_ended or not variable.members or variable.name in values
        case Known.END:
            return facts.is_ended
        case Known.RECORDING:
            return bool(facts.recordings)
        case Known.REPORT:
            return variable.name in values
        case _:
            raise ValueError(f"unknown time {variable.known!r}")


def needs_report(variables: Iterable[Variable], values: Mapping[str, Value]) -> bool:
    """Whether the calls report must be read: some variable comes from there and nothing told it."""
    return any(each.known is Known.REPORT and each.name not in values for each in variables)


def _ours(facts: CallFacts, context: Context, regional: Regional) -> dict[str, Value]:
    direction = facts.direction
    status = facts.outcome if facts.outcome is not Outcome.UNKNOWN else None
    return {
        "call_session_id": facts.call_session_id,
        "direction": str(direction) if direction else None,
        "call_status": str(status) if status else None,
        "employee_full_name": facts.employee_name or facts.parameters.get("employee_full_name"),
        "contact_phone_number": facts.client_phone,
        "virtual_phone_number": facts.virtual_number,
        "virtual_number_name": context.virtual_number_name,
        "client_name": context.client_name,
        "responsible_name": context.responsible_name,
        "recording_url": context.recording_url,
        "record_link": facts.recordings[0].url if facts.recordings else None,
        "call_url": context.call_url,
        "tags": facts.tags,
        "external_id": facts.external_id,
        "finish_reason": facts.end_reason,
        "talk_duration": facts.talk_seconds,
        "wait_duration": facts.wait_seconds,
        "total_duration": facts.total_seconds,
        **_times(facts, regional),
    }


def _times(facts: CallFacts, regional: Regional) -> dict[str, Value]:
    if facts.started_at is None:
        return {}
    return {
        "start_time": Moment(facts.started_at, facts.started_text)
        if facts.started_text
        else facts.started_at,
        "call_date": format_date(facts.started_at, regional),
        "call_time": format_time(facts.started_at, regional),
    }
