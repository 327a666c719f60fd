"""The filters of the call history: read from an address, told as chips, written back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from flask import url_for
from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints import words
from blueprints.reasons import Names
from blueprints.shown import phone
from blueprints.words import Word
from models import Integration
from rules.periods import PeriodWord, read_day
from services.call_filter import NONE, CallFilter, in_zone

PERIODS: Mapping[str, LazyString] = {
    PeriodWord.TODAY: _l("Today"),
    PeriodWord.WEEK: _l("Last 7 days"),
    PeriodWord.MONTH: _l("Last 30 days"),
}
# The members of an address -> the member of the filter; `from` is a word of Python.
TEXTS = {
    "q": "text",
    "number": "number",
    "employee": "employee",
    "whose": "whose",
    "client": "client",
    "campaign": "campaign",
    "line": "line",
}
DAYS = {"from": "first_day", "till": "last_day"}
LONGEST = 200


def filter_words() -> dict[str, Mapping[str, Word]]:
    return {
        "direction": words.DIRECTIONS,
        "outcome": words.OUTCOMES,
        "state": words.CALL_STATES,
        "created": words.ENTITIES,
    }


def read_filter(
    arguments: Mapping[str, str], *, zone: str, now: datetime, employee_id: str | None = None
) -> CallFilter:
    """The filter of a query string; what is not one of the known words leaves it open."""
    known: dict[str, Any] = {
        name: arguments.get(name, "") if arguments.get(name, "") in table else ""
        for name, table in (*filter_words().items(), ("period", PERIODS))
    }
    known |= {
        member: arguments.get(name, "").strip().replace("\x00", "")[:LONGEST]
        for name, member in TEXTS.items()
    }
    known |= {member: read_day(arguments.get(name)) for name, member in DAYS.items()}
    if known["first_day"] or known["last_day"]:
        known["period"] = ""
    return in_zone(CallFilter(**known, employee_id=employee_id), zone=zone, now=now)


def filter_values(wanted: CallFilter) -> dict[str, str]:
    """The filter as the members of an address, without what is open."""
    chosen = {name: getattr(wanted, name) for name in ("period", *filter_words())}
    chosen |= {name: getattr(wanted, member) for name, member in TEXTS.items()}
    days = {name: getattr(wanted, member) for name, member in DAYS.items()}
    chosen |= {name: day.isoformat() for name, day in days.items() if day}
    return {name: value for name, value in chosen.items() if value}


@dataclass(frozen=True)
class Filters:
    """One filter on the pages of one integration."""

    integration: Integration
    wanted: CallFilter
    names: Names

    def address(
        self,
        *,
        page: int = 1,
        without: tuple[str, ...] = (),
        endpoint: str = "calls.index",
        **more: Any,
    ) -> str:
        """The address of the list; `without` takes members of the filter away."""
        values = filter_values(self.wanted).items()
        kept: dict[str, Any] = {name: value for name, value in values if name not in without}
        if page > 1:
            kept["page"] = page
        return url_for(endpoint, id=self.integration.id, **kept, **more)

    def chips(self) -> list[tuple[str, str]]:
        """The active filters in words, each with the address of the list without it."""
        told = filter_values(self.wanted)
        found: list[tuple[str, tuple[str, ...]]]
        found = [(self._days(), ("from", "till"))] if told.keys() & DAYS.keys() else []
        for name, value in told.items():
            if name not in DAYS:
                found.append((self._words(name, value), (name,)))
        return [(text, self.address(without=names)) for text, names in found]

    def _words(self, name: str, value: str) -> str:
        tables = filter_words()
        if name == "created":
            return _("Created: %(what)s", what=tables[name][value].label)
        if name in tables:
            return str(tables[name][value].label)
        if name == "period":
            return str(PERIODS[value])
        return self._text(name, value)

    def _text(self, name: str, value: str) -> str:
        if name == "q":
            return _("Search: %(text)s", text=value)
        if name == "number":
            return _("Number: %(number)s", number=phone(value))
        if name == "client":
            return _("Client: %(id)s", id=value)
        if name == "employee":
            return _("Employee: %(name)s", name=self.names.employee(value))
        none = _("none")
        if name == "whose":
            who = none if value == NONE else self.names.employee(value)
            return _("Call of: %(name)s", name=who)
        if name == "campaign":
            return _("Campaign: %(name)s", name=none if value == NONE else value)
        return _("Our number: %(number)s", number=none if value == NONE else phone(value))

    def _days(self) -> str:
        first, last = self.wanted.first_day, self.wanted.last_day
        if first and last:
            if first == last:
                return _day(first)
            return f"{_day(min(first, last))} – {_day(max(first, last))}"
        if first:
            return _("From %(date)s", date=_day(first))
        assert last is not None
        return _("Until %(date)s", date=_day(last))


def _day(day: date) -> str:
    told: str = format_date(day, "d MMM y", locale=get_locale())
    return told
