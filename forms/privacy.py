"""What a person types on the page of personal data: a number, and how long data is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, StopValidation

from rules.retention import MOST_DAYS, SPANS, Kind

LONGEST_NUMBER = 40
ENTER_NUMBER = _l("Enter a phone number.")
NO_NUMBER = _l("This does not look like a phone number. Write it like +971 4 000 0001.")
TYPE_AGAIN = _l("Type the number once more: what is erased cannot be brought back.")
WHOLE_DAYS = _l("Enter a whole number of days.")


class NumberForm(FlaskForm):
    phone = StringField(
        _l("Phone number"), [InputRequired(ENTER_NUMBER), Length(max=LONGEST_NUMBER)]
    )


class EraseForm(NumberForm):
    again = StringField(
        _l("The number once more"), [InputRequired(TYPE_AGAIN), Length(max=LONGEST_NUMBER)]
    )


def whole_number(form: FlaskForm, field: IntegerField) -> None:
    """One sentence of ours for what cannot be read."""
    if field.data is None:
        field.errors = []
        raise StopValidation(str(WHOLE_DAYS))


def _days_field(kind: Kind) -> IntegerField:
    fewest = SPANS[kind].fewest
    message = _l("From %(fewest)s to %(most)s days.", fewest=fewest, most=MOST_DAYS)
    return IntegerField("", [whole_number, NumberRange(fewest, MOST_DAYS, message)])


class KeptDaysForm(FlaskForm):
    """A field of days for each kind, named like the kind."""

    calls = _days_field(Kind.CALLS)
    journal = _days_field(Kind.JOURNAL)
    callbacks = _days_field(Kind.CALLBACKS)
    clicks = _days_field(Kind.CLICKS)
    manager_answers = _days_field(Kind.MANAGER_ANSWERS)
    crm_events = _days_field(Kind.CRM_EVENTS)
    listened = _days_field(Kind.LISTENED)
    runs = _days_field(Kind.RUNS)

    @property
    def days(self) -> dict[Kind, int]:
        return {kind: int(self[str(kind)].data) for kind in SPANS}


def filled(days: Mapping[Kind, int]) -> dict[str, Any]:
    return {str(kind): each for kind, each in days.items()}
