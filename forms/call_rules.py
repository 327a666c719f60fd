"""What the steps of incoming and outgoing calls have in common: the words of the help page."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField
from wtforms.validators import NumberRange

from forms.document import options

CREATE_CLIENT = _l("Create a client on first contact")
FIRST_CONTACTS = _l("First contacts")
REPEAT_CONTACTS = _l("Repeat contacts")
ASSIGN_TO = _l("Assign to employee")
FUNNEL = _l("Funnel and stage")

ANSWERED_BY = ("answered_by", _l("Employee who answered the call"))
FINISHED_BY = ("finished_by", _l("Employee who finished the call"))
CALLER = ("caller", _l("Employee who made the call"))
FROM_CLIENT_CARD = ("from_client_card", _l("Employee from the client's card"))
FROM_SETTINGS = ("from_settings", _l("Employee from the integration settings"))


def create_field(label: Any) -> RadioField:
    """What a contact makes: the four options of the help page."""
    return RadioField(
        label,
        choices=options(
            ("lead", _l("Create a lead")),
            ("deal", _l("Create a deal")),
            ("lead_and_deal", _l("Create a lead and a deal")),
            ("nothing", _l("Create nothing")),
        ),
    )


def owner_field(*rules: tuple[str, Any]) -> RadioField:
    return RadioField(ASSIGN_TO, choices=options(*rules))


def whole_number(label: Any, least: int, most: int, message: Any) -> IntegerField:
    return IntegerField(label, [NumberRange(least, most, message)])
