"""The journal's rows in words, and the address of a filtered journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import url_for
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints import words
from blueprints.call_lines import call_line
from blueprints.reasons import Names
from blueprints.shown import day, phone
from blueprints.words import Word
from models import Integration, Notification
from rules.journal_states import PERIODS, STATES, USUAL_PERIOD
from rules.vocabulary import CallState
from services.find_notifications import JournalFilter, JournalRow

FILTERS = ("kind", "state", "employee")
LONGEST = 64
STATE_WORDS: Mapping[str, Word] = {
    "accepted": words.NOTIFICATION_STATES["taken"],
    "ignored": words.NOTIFICATION_STATES["ignored"],
    "rejected": words.NOTIFICATION_STATES["rejected"],
    **words.CALL_STATES,
}
EVENT_ICONS = {
    "incoming_call": "phone-incoming",
    "waiting_answer": "bell",
    "outgoing_call": "phone-outgoing",
    "talk_started": "phone-call",
    "talk_finished": "phone-call",
    "call_finished": "phone-off",
    "lost_call": "phone-missed",
    "record_ready": "mic",
    "tag_set": "square-pen",
}
# What is wrong with a notification that could not be read, and what to change in CallGear.
UNREADABLE: Mapping[str, tuple[LazyString, LazyString]] = {
    "empty": (
        _l("It came without any content."),
        _l("In CallGear open the notification and paste the body from the webhook card."),
    ),
    "undecodable": (
        _l("Its text is not UTF-8."),
        _l("In CallGear choose UTF-8 for the notification, or paste the body anew."),
    ),
    "invalid_json": (
        _l("Its body is not valid JSON: a bracket, a comma or a quotation mark is out of place."),
        _l("In CallGear replace the whole body by the one from the webhook card."),
    ),
    "not_an_object": (
        _l("Its body is neither a JSON object nor a form."),
        _l("In CallGear replace the whole body by the one from the webhook card."),
    ),
    "no_call_session_id": (
        _l("It is about a call but does not name the call."),
        _l("In CallGear add the variable call_session_id to the body of this notification."),
    ),
}


@dataclass(frozen=True)
class JournalLine:
    """What a row of the journal says."""

    notification: Notification
    icon: str
    what: str
    number: str
    badge: Word
    reason: str
    attempts: str

    @property
    def is_failed(self) -> bool:
        return self.badge.tone == "error"


def lines_by_day(
    rows: Iterable[JournalRow], integration: Integration, names: Names
) -> list[tuple[str, list[JournalLine]]]:
    """The lines under their days, in the integration's zone."""
    zone = integration.timezone
    days = groupby(rows, key=lambda row: day(row.notification.received_at, zone))
    return [(name, [journal_line(row, integration, names) for row in each]) for name, each in days]


def journal_line(row: JournalRow, integration: Integration, names: Names) -> JournalLine:
    told, call = row.notification, row.call
    badge, reason = words.word(words.NOTIFICATION_STATES, told.state), ""
    if call is not None:
        line = call_line(call, integration, names)
        badge = line.state
        reason = line.reason if call.state == CallState.FAILED else ""
    elif told.error:
        reason = str(unreadable(told.error)[0])
    number = told.members.get("contact_phone_number") if told.members else ""
    return JournalLine(
        told,
        icon=EVENT_ICONS.get(told.kind, "circle-alert" if told.error else "bell"),
        what=event_words(told),
        number=phone(call.client_phone if call and call.client_phone else str(number or "")),
        badge=badge,
        reason=reason,
        attempts=ngettext("%(num)d request", "%(num)d requests", row.attempts)
        if row.attempts
        else "",
    )


def event_words(told: Notification) -> str:
    """The event in words; one that we do not know by its own name."""
    if told.state == "rejected":
        return _("A notification that could not be read")
    known = words.EVENTS.get(told.kind)
    if known:
        return str(known)
    return _("Unknown event: %(name)s", name=told.kind) if told.kind else _("Unknown event")


def unreadable(code: str | None) -> tuple[LazyString | str, LazyString | str]:
    """What is wrong, and what to change in CallGear."""
    default = (_("It could not be read (%(code)s).", code=code or "–"), UNREADABLE["empty"][1])
    return UNREADABLE.get(code or "", default)


def read_filter(arguments: Mapping[str, str]) -> JournalFilter:
    """The filter of a query string; what is not one of the known words leaves it open."""
    days = arguments.get("days", "")
    state = arguments.get("state", "")
    return JournalFilter(
        days=int(days) if days.isdecimal() and int(days[:4]) in PERIODS else USUAL_PERIOD,
        kind=arguments.get("kind", "") if arguments.get("kind") in words.EVENTS else "",
        state=state if state in STATES else "",
        employee=arguments.get("employee", "").strip()[:40],
        text=arguments.get("q", "").strip()[:LONGEST],
    )


def query_of(wanted: JournalFilter, *, without: str = "") -> dict[str, Any]:
    """The query string of a filter; `without` takes one member of it away."""
    values = {"q": wanted.text, **{name: getattr(wanted, name) for name in FILTERS}}
    kept: dict[str, Any] = {n: value for n, value in values.items() if value and n != without}
    if wanted.days != USUAL_PERIOD:
        kept["days"] = wanted.days
    return kept


def chips(integration: Integration, wanted: JournalFilter, names: Names) -> list[tuple[str, str]]:
    """The active filters in words, each with the address of the journal without it."""
    found = []
    if wanted.text:
        found.append(("q", _("Search: %(text)s", text=wanted.text)))
    if wanted.kind:
        found.append(("kind", str(words.EVENTS[wanted.kind])))
    if wanted.state:
        found.append(("state", str(STATE_WORDS[wanted.state].label)))
    if wanted.employee:
        found.append(("employee", names.employee(wanted.employee)))
    return [
        (text, url_for("journal.index", id=integration.id, **query_of(wanted, without=name)))
        for name, text in found
    ]


def period_words() -> list[tuple[int, str]]:
    return [(days, period(days)) for days in PERIODS]


def period(days: int) -> str:
    if not days:
        return _("All that is kept")
    return _("Last 24 hours") if days == 1 else ngettext("%(num)d day", "%(num)d days", days)
