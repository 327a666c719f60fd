"""The step `tasks`: a task to call back after a lost incoming or an unsuccessful outgoing call."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, RadioField
from wtforms.validators import NumberRange

from forms.document import DocumentForm, options

MINUTES = _l("Enter a whole number of minutes, 1 or more.")
DUE = _l("Due, minutes")
ONCE = _l("No more than one open task per client")
CLOSE = _l("Close the task when the client was reached")


class TasksForm(DocumentForm):
    tasks__lost_incoming__assign = RadioField(
        _l("Create a task for a lost incoming call"),
        choices=options(
            ("none", _l("Do not create a task")),
            ("from_settings", _l("Assign to the employee from the integration settings")),
        ),
    )
    tasks__lost_incoming__due_minutes = IntegerField(DUE, [NumberRange(1, 525_600, MINUTES)])
    tasks__lost_incoming__once_per_client = BooleanField(ONCE)
    tasks__lost_incoming__close_when_reached = BooleanField(CLOSE)
    tasks__failed_outgoing__assign = RadioField(
        _l("Create a task for an unsuccessful outgoing call"),
        choices=options(
            ("none", _l("Do not create a task")),
            ("caller", _l("Assign to the employee who made the call")),
        ),
    )
    tasks__failed_outgoing__due_minutes = IntegerField(DUE, [NumberRange(1, 525_600, MINUTES)])
    tasks__failed_outgoing__once_per_client = BooleanField(ONCE)
    tasks__failed_outgoing__close_when_reached = BooleanField(CLOSE)
