"""Which calls are meant: one filter for the history, its export and the figures that lead to it.

A figure that links to the history counts with `conditions` of the same filter: so the list behind
it holds exactly the calls that were counted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from models import CallSession, Integration, KnownClient
from rules.periods import period_of
from rules.phones import Phone, digits_of, normalise
from rules.vocabulary import MADE, Entity

PART_TAKERS = ("answered_by", "finished_by", "caller")
# In the place of an employee, a campaign or a number: calls that have none.
NONE = "-"
FEWEST_DIGITS = 3


@dataclass(frozen=True)
class CallFilter:
    """What a reader asks for; None or "" leaves a member open.

    `text`: a call id, digits of the client's number, or a part of his name. `number`: the client's
    number. `employee`: who took part; `whose`: whose call it is (`CallSession.employee_id`), which
    adds up over all employees. `client`: id in the CRM. `line`: our virtual number. `created`: a
    word of `Entity`. `period`, `first_day` and `last_day` are as they were asked for, `since` and
    `until` what they mean (set by `in_zone`). `employee_id` is no wish but a right: it keeps to the
    calls in which this employee took part.
    """

    state: str = ""
    direction: str = ""
    outcome: str = ""
    text: str = ""
    number: str = ""
    employee: str = ""
    whose: str = ""
    client: str = ""
    campaign: str = ""
    line: str = ""
    created: str = ""
    period: str = ""
    first_day: date | None = None
    last_day: date | None = None
    since: datetime | None = None
    until: datetime | None = None
    employee_id: str | None = None

    @property
    def is_empty(self) -> bool:
        wishes = (each.name for each in fields(self) if each.name != "employee_id")
        return not any(getattr(self, name) for name in wishes)

    @property
    def is_quick(self) -> bool:
        """An index finds the calls of this filter, however long the history is."""
        slow = ("state", "direction", "outcome", "text", "employee", "whose", "client")
        wishes = (*slow, "campaign", "line", "created")
        is_whole = not self.number or _whole(self.number) is not None
        return is_whole and self.employee_id is None and not any(getattr(self, n) for n in wishes)


def conditions(integration_id: int, wanted: CallFilter) -> list[ColumnElement[bool]]:
    """The calls of an integration that a filter means. Pure: `since` and `until` are the period."""
    found = [CallSession.integration_id == integration_id, *_columns(wanted)]
    if wanted.since:
        found.append(CallSession.started_at >= wanted.since)
    if wanted.until:
        found.append(CallSession.started_at < wanted.until)
    if wanted.text:
        found.append(_matches(wanted.text))
    if wanted.number:
        found.append(_has_number(wanted.number))
    if wanted.client:
        found.append(_of_client(integration_id, wanted.client))
    if wanted.created in list(Entity):
        found.append(CallSession.made.bitwise_and(MADE[Entity(wanted.created)]) != 0)
    found += [took_part(each) for each in (wanted.employee, wanted.employee_id) if each]
    if wanted.employee_id == "":
        found.append(CallSession.id.is_(None))  # a login that is joined to nobody
    return found


def took_part(employee_id: str) -> ColumnElement[bool]:
    """He answered, finished or started the call, or talked in between."""
    parts = [CallSession.facts[name].as_string() == employee_id for name in PART_TAKERS]
    talks = CallSession.facts["talks"].as_string()
    # PostgreSQL gives the list as it was stored, SQLite without its spaces.
    texts = (f'"employee_id": "{employee_id}"', f'"employee_id":"{employee_id}"')
    took = or_(*parts, *(talks.contains(text, autoescape=True) for text in texts))
    # Most calls are put aside by one look into the stored text, without reading it as JSON.
    is_named = cast(CallSession.facts, Text).contains(json.dumps(employee_id), autoescape=True)
    return and_(is_named, took)


def in_zone(wanted: CallFilter, *, zone: str, now: datetime) -> CallFilter:
    """The filter with `since` and `until`: what its period and days mean in an office's zone."""
    period = period_of(wanted.period, wanted.first_day, wanted.last_day, zone=zone, now=now)
    return replace(wanted, since=period.since, until=period.until)


def _columns(wanted: CallFilter) -> list[ColumnElement[bool]]:
    asked: tuple[tuple[InstrumentedAttribute[str | None] | InstrumentedAttribute[str], str], ...]
    asked = (
        (CallSession.state, wanted.state),
        (CallSession.direction, wanted.direction),
        (CallSession.outcome, wanted.outcome),
        (CallSession.employee_id, wanted.whose),
        (CallSession.campaign, wanted.campaign),
        (CallSession.virtual_number, wanted.line),
    )
    return [
        column.is_(None) if value == NONE else column == value for column, value in asked if value
    ]


def _matches(text: str) -> ColumnElement[bool]:
    """By the call's id, by digits anywhere in the client's number, by a part of his name."""
    text = text.strip()
    found = [CallSession.call_session_id == text]
    digits = digits_of(text)
    if len(digits) >= FEWEST_DIGITS:
        found.append(CallSession.client_phone.contains(digits))
    elif not digits:
        # SQLite knows small and capital letters of English only: the usual spellings are tried.
        name = func.coalesce(CallSession.client["name"].as_string(), "")
        spellings = dict.fromkeys((text, text.lower(), text.title()))
        found += [name.icontains(each, autoescape=True) for each in spellings]
    return or_(*found)


def _has_number(number: str) -> ColumnElement[bool]:
    """A whole number is looked up in the index, less than that anywhere in the client's number."""
    phone = _whole(number)
    if phone is not None:
        return CallSession.client_phone == phone.value
    digits = digits_of(number, strict=False)
    if not digits:
        return CallSession.client_phone.is_(None)
    return CallSession.client_phone.contains(digits)


def _whole(number: str) -> Phone | None:
    phone = normalise(number, country="")
    return phone if phone is not None and phone.is_valid else None


def _of_client(integration_id: int, client_id: str) -> ColumnElement[bool]:
    """Calls that were decided with this client or made him, and calls of his known numbers."""
    phones = (
        select(KnownClient.phone)
        .join(Integration, Integration.crm_account_row_id == KnownClient.crm_account_row_id)
        .where(Integration.id == integration_id, KnownClient.client_id == client_id)
    )
    return or_(
        CallSession.created["client_id"].as_string() == client_id,
        CallSession.client["id"].as_string() == client_id,
        CallSession.client_phone.in_(phones),
    )
