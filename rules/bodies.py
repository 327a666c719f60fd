"""What is sent to the CRM, in our words (`docs/behomes.md`): pure rendering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rules.call_values import is_settled
from rules.facts import CallFacts
from rules.formats import Regional, Value
from rules.members import text_of
from rules.phones import normalise
from rules.settings import Settings
from rules.standard_templates import ENTITY_FIELDS, standard_template
from rules.templates import Template, parse, render, variables_of
from rules.variables import Known, Variable
from rules.vocabulary import Direction, Entity, Outcome

TEXTS: Mapping[Entity, tuple[str, ...]] = ENTITY_FIELDS
LONGEST_INTERNATIONAL = 15  # digits, ITU-T E.164
# What the PBX's end reasons mean for an outgoing call that was not answered.
FAILED_STATUS = {
    "subscriber_busy": "busy",
    "operator_busy": "busy",
    "subscriber_disconnects": "rejected",
    "operator_disconnects": "canceled",
}


@dataclass(frozen=True)
class Participant:
    """Somebody of the office who talked, with his CRM user if he has one."""

    employee_id: str
    user_id: str | None
    extension: str | None = None
    talk_seconds: int | None = None


def texts(
    entity: Entity, settings: Settings, values: Mapping[str, Value], regional: Regional
) -> dict[str, str | None]:
    """The rendered texts of an entity. A name, title or text that renders empty takes the standard
    template; an empty comment is null."""
    rendered: dict[str, str | None] = {}
    for field in TEXTS[entity]:
        text = render(template_of(entity, field, settings, values, regional), values, regional)
        if not text.strip() and field != "comment":
            standard = standard_template(entity, field, locale=regional.locale, values=values)
            text = render(standard, values, regional)
        rendered[field] = text.strip() or None
    return rendered


def template_of(
    entity: Entity,
    field: str,
    settings: Settings,
    values: Mapping[str, Value],
    regional: Regional,
) -> Template:
    own = settings.templates.text_of(entity, field)
    if own is not None:
        return parse(own)
    return standard_template(entity, field, locale=regional.locale, values=values)


def late_variables(
    entity: Entity,
    settings: Settings,
    facts: CallFacts,
    values: Mapping[str, Value],
    regional: Regional,
) -> dict[str, tuple[Variable, ...]]:
    """Field -> the variables of its template that do not have their final value yet."""
    late = {}
    for field in TEXTS[entity]:
        template = template_of(entity, field, settings, values, regional)
        open_ones = [each for each in variables_of(template) if not is_settled(each, facts, values)]
        if open_ones:
            late[field] = tuple(open_ones)
    return late


def waits_for_recording(variables: Sequence[Variable]) -> bool:
    return any(each.known is Known.RECORDING for each in variables)


def entity_body(
    entity: Entity,
    facts: CallFacts,
    settings: Settings,
    rendered: Mapping[str, str | None],
    custom_fields: Mapping[str, Any],
    *,
    owner: str | None,
    country: str,
) -> dict[str, Any]:
    """The body of a create, without its links; `responsible_user_id` is left out without owner."""
    body: dict[str, Any] = dict(rendered)
    if owner:
        body["responsible_user_id"] = owner
    if entity is Entity.CLIENT:
        body["phones"] = [facts.client_phone.value] if facts.client_phone else []
    if entity is Entity.DEAL:
        body["pipeline_id"] = settings.funnels.pipeline_id
        body["stage_id"] = settings.funnels.stage_id
    else:
        body["source"] = _source(entity, facts, country)
    body["custom_fields"] = dict(custom_fields)
    return body


def task_body(
    facts: CallFacts, rendered: Mapping[str, str | None], *, owner: str | None, due_at: datetime
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "call_back",
        "text": rendered["text"],
        "due_at": _iso(due_at),
        "phone": facts.client_phone.value if facts.client_phone else None,
    }
    return body | ({"responsible_user_id": owner} if owner else {})


def call_body(
    facts: CallFacts,
    *,
    employee: Participant | None,
    participants: Sequence[Participant],
    links: Mapping[str, str | None],
    recordings: Sequence[Mapping[str, Any]],
    country: str,
    note: str | None = None,
) -> dict[str, Any]:
    """The whole entry of a call in the CRM's history, but for its revision."""
    return {
        "direction": str(facts.direction or Direction.INBOUND),
        "status": call_status(facts),
        "started_at": _iso(facts.started_at),
        "answered_at": _iso(facts.answered_at),
        "ended_at": _iso(facts.ended_at),
        "duration": {
            "wait": facts.wait_seconds,
            "talk": facts.talk_seconds or 0,
            "total": facts.total_seconds,
        },
        "client_phone": facts.client_phone.value if facts.client_phone else None,
        "line_number": _line(facts, country),
        "employee": _employee(employee) if employee else None,
        "participants": [
            {"user_id": each.user_id, "talk": each.talk_seconds or 0} for each in participants
        ],
        "links": {name: links.get(name) for name in ("client_id", "lead_id", "deal_id")},
        "recordings": [dict(recording) for recording in recordings],
        "source": {
            "scenario": _told(facts, "scenario_name"),
            "campaign": _told(facts, "campaign_name"),
            "tags": list(facts.tags),
        },
        "note": note,
    }


def call_status(facts: CallFacts) -> str:
    """The CRM's word for how the call ended."""
    match facts.outcome:
        case Outcome.ANSWERED:
            return "answered"
        case Outcome.LOST:
            return "missed"
        case Outcome.FAILED:
            return FAILED_STATUS.get(facts.end_reason or "", "no_answer")
        case _:
            return "unknown"


def _employee(employee: Participant) -> dict[str, Any]:
    return {
        "user_id": employee.user_id,
        "provider_id": employee.employee_id,
        "extension": employee.extension,
    }


def _source(entity: Entity, facts: CallFacts, country: str) -> dict[str, Any]:
    source: dict[str, Any] = {"channel": "phone", "provider": "callgear"}
    line = _line(facts, country)
    return source | ({"virtual_number": line} if entity is Entity.LEAD and line else {})


def _line(facts: CallFacts, country: str) -> str | None:
    """A line's number with a plus: the PBX writes it as E.164 digits, whether or not the numbering
    plan knows the range."""
    line = normalise(facts.virtual_number, country=country)
    if line is None or line.is_valid:
        return line.value if line else None
    return f"+{line.digits}" if _may_be_international(line.digits) else line.digits


def _may_be_international(digits: str) -> bool:
    return digits[0] != "0" and len(digits) <= LONGEST_INTERNATIONAL


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _told(facts: CallFacts, name: str) -> str | None:
    return text_of(facts.members, name) or facts.parameters.get(name)
