"""The step `funnels`: where new deals go, and who answers for calls when nobody else does."""

from __future__ import annotations

from forms.choice_fields import (
    INCOMING_RESPONSIBLE,
    OUTGOING_RESPONSIBLE,
    PIPELINE,
    STAGE,
    choice_field,
    offer_funnel,
    offer_users,
)
from forms.document import DocumentForm
from rules.choices import Choices


class FunnelsForm(DocumentForm):
    funnels__pipeline_id = choice_field(PIPELINE)
    funnels__stage_id = choice_field(STAGE)
    responsible__incoming_user_id = choice_field(INCOMING_RESPONSIBLE)
    responsible__outgoing_user_id = choice_field(OUTGOING_RESPONSIBLE)

    def offer(self, choices: Choices) -> None:
        offer_funnel(self.funnels__pipeline_id, self.funnels__stage_id, choices)
        offer_users(self.responsible__incoming_user_id, choices)
        offer_users(self.responsible__outgoing_user_id, choices)
