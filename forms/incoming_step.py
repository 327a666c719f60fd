"""The step `incoming`: what incoming calls make, for whom, and the personal manager."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField

from forms.call_rules import (
    ANSWERED_BY,
    CREATE_CLIENT,
    FINISHED_BY,
    FIRST_CONTACTS,
    FROM_SETTINGS,
    FUNNEL,
    REPEAT_CONTACTS,
    create_field,
    owner_field,
    whole_number,
)
from forms.choice_fields import INCOMING_RESPONSIBLE, choice_field, offer_users
from forms.document import DocumentForm, options
from forms.funnel_field import FunnelField
from forms.number_fields import NumbersField
from rules.choices import Choices

WHOLE_CODE = _l("Enter a whole number from 0 to 1,000,000.")


class IncomingForm(DocumentForm):
    incoming__first__create_client = BooleanField(CREATE_CLIENT)
    incoming__first__create = create_field(FIRST_CONTACTS)
    incoming__first__owner = owner_field(ANSWERED_BY, FINISHED_BY, FROM_SETTINGS)
    incoming__repeat__create = create_field(REPEAT_CONTACTS)
    incoming__repeat__owner = owner_field(ANSWERED_BY, FINISHED_BY, FROM_SETTINGS)
    funnels = FunnelField(FUNNEL)
    responsible__incoming_user_id = choice_field(INCOMING_RESPONSIBLE)
    incoming__personal_manager__enabled = BooleanField(
        _l("Enable forwarding to the personal manager")
    )
    incoming__personal_manager__absent = RadioField(
        _l("If the manager is away"),
        choices=options(
            ("ring", _l("Ring him anyway")),
            ("deputy", _l("Ring the deputy")),
            ("not_found", _l("Go on along the “not found” branch")),
        ),
    )
    incoming__personal_manager__deputy_user_id = choice_field(_l("Deputy"))
    incoming__personal_manager__not_found_code = whole_number(
        _l("Answer code when no manager is found"), 0, 1_000_000, WHOLE_CODE
    )
    incoming__personal_manager__address_book = BooleanField(
        _l("Keep the manager in CallGear's address book too")
    )
    ignore__numbers = NumbersField(_l("Numbers that make nothing"))

    def offer(self, choices: Choices) -> None:
        self.funnels.offer(choices)
        offer_users(self.responsible__incoming_user_id, choices)
        offer_users(self.incoming__personal_manager__deputy_user_id, choices)
        self.ignore__numbers.offer(choices)
