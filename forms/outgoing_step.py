"""The step `outgoing`: what outgoing calls make, for whom, and calls by a click in the CRM."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from forms.call_rules import (
    ANSWERED_BY,
    CALLER,
    CREATE_CLIENT,
    FINISHED_BY,
    FIRST_CONTACTS,
    FROM_CLIENT_CARD,
    FROM_SETTINGS,
    FUNNEL,
    REPEAT_CONTACTS,
    create_field,
    owner_field,
    whole_number,
)
from forms.choice_fields import OUTGOING_RESPONSIBLE, choice_field, offer_users
from forms.country_field import CountriesField
from forms.document import DocumentForm
from forms.funnel_field import FunnelField
from forms.number_fields import OwnNumberField
from rules.choices import Choices

MOST_CALLS = 100_000
WHOLE_CALLS = _l("Enter a whole number of calls, 1 or more.")


class OutgoingForm(DocumentForm):
    outgoing__first__create_client = BooleanField(CREATE_CLIENT)
    outgoing__first__create = create_field(FIRST_CONTACTS)
    outgoing__first__owner = owner_field(CALLER, FROM_SETTINGS)
    outgoing__repeat__create = create_field(REPEAT_CONTACTS)
    outgoing__repeat__owner = owner_field(ANSWERED_BY, FINISHED_BY, FROM_CLIENT_CARD, FROM_SETTINGS)
    funnels = FunnelField(FUNNEL)
    responsible__outgoing_user_id = choice_field(OUTGOING_RESPONSIBLE)
    outgoing__click_to_call__virtual_number = OwnNumberField(_l("Outgoing number"))
    outgoing__click_to_call__allowed_countries = CountriesField(_l("Where calls may go"))
    outgoing__click_to_call__caps__user_per_minute = whole_number(
        _l("Calls of one employee per minute"), 1, MOST_CALLS, WHOLE_CALLS
    )
    outgoing__click_to_call__caps__integration_per_minute = whole_number(
        _l("Calls of all employees per minute"), 1, MOST_CALLS, WHOLE_CALLS
    )
    outgoing__click_to_call__caps__number_per_hour = whole_number(
        _l("Calls to one number per hour"), 1, MOST_CALLS, WHOLE_CALLS
    )

    def offer(self, choices: Choices) -> None:
        self.funnels.offer(choices)
        offer_users(self.responsible__outgoing_user_id, choices)
        self.outgoing__click_to_call__virtual_number.offer(choices)
        self.outgoing__click_to_call__allowed_countries.offer(choices)
