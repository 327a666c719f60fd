"""The step `tasks`: a task to call back after a lost incoming or an unsuccessful outgoing call."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField

from forms.call_rules import FROM_SETTINGS, whole_number
from forms.choice_fields import INCOMING_RESPONSIBLE, choice_field, offer_users
from forms.document import DocumentForm, options
from forms.hours_field import HoursField
from rules.choices import Choices

YEAR_MINUTES = 525_600
LOST_MINUTES = _l("After a lost call: enter a whole number of minutes, 1 or more.")
FAILED_MINUTES = _l("After an unsuccessful call: enter a whole number of minutes, 1 or more.")
DUE = _l("Due, minutes")
ONCE = _l("No more than one open task per client")
CLOSE = _l("Close the task when the client was reached")
NO_TASK = ("none", _l("Do not create a task"))


class TasksForm(DocumentForm):
    tasks__lost_incoming__assign = RadioField(
        _l("Create a task for a lost incoming call"),
        choices=options(NO_TASK, FROM_SETTINGS),
    )
    responsible__incoming_user_id = choice_field(INCOMING_RESPONSIBLE)
    tasks__lost_incoming__due_minutes = whole_number(DUE, 1, YEAR_MINUTES, LOST_MINUTES)
    tasks__lost_incoming__once_per_client = BooleanField(ONCE)
    tasks__lost_incoming__close_when_reached = BooleanField(CLOSE)
    tasks__failed_outgoing__assign = RadioField(
        _l("Create a task for an unsuccessful outgoing call"),
        choices=options(NO_TASK, ("caller", _l("Assign to the employee who made the call"))),
    )
    tasks__failed_outgoing__due_minutes = whole_number(DUE, 1, YEAR_MINUTES, FAILED_MINUTES)
    tasks__failed_outgoing__once_per_client = BooleanField(ONCE)
    tasks__failed_outgoing__close_when_reached = BooleanField(CLOSE)
    working_hours = HoursField(_l("Working hours"))

    def offer(self, choices: Choices) -> None:
        offer_users(self.responsible__incoming_user_id, choices)
