"""An integration as the list shows it: where it stands, signs of life, how far the set-up is."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from blueprints.setup.frame import describe_states
from blueprints.words import Word
from models import Integration, db
from services.drafts import read_draft
from services.last_signs import Signs, last_signs
from services.setup_state import summary_of

KEY_REFUSED = Word(_l("Key refused"), "key-round", "error")
PAUSED = Word(_l("Paused"), "pause", "warn")
NOT_TURNED_ON = Word(_l("Not turned on yet"), "circle-minus")
CRM_AWAY = Word(_l("Behomes does not answer"), "clock", "warn")
PBX_AWAY = Word(_l("CallGear does not answer"), "clock", "warn")
WORKING = Word(_l("Working"), "circle-check", "ok")


@dataclass(frozen=True)
class IntegrationLine:
    """`done` of `steps` of the set-up are done; both None where it is not asked."""

    integration: Integration
    state: Word
    signs: Signs
    done: int | None = None
    steps: int | None = None


def integration_line(integration: Integration, *, with_setup: bool) -> IntegrationLine:
    signs = last_signs(db.session(), integration.id)
    if not with_setup:
        return IntegrationLine(integration, state_of(integration), signs)
    states = describe_states(integration, read_draft(db.session(), integration))
    done, steps = summary_of(states)
    return IntegrationLine(integration, state_of(integration), signs, done, steps)


def state_of(integration: Integration) -> Word:
    """The one thing to know first: what stops calls, then what does not run yet, then the rest."""
    breaker = integration.crm_account.breaker
    if breaker == "key":
        return KEY_REFUSED
    if integration.paused_at:
        return PAUSED
    if not integration.published_version:
        return NOT_TURNED_ON
    if breaker == "open":
        return CRM_AWAY
    return PBX_AWAY if integration.pbx_error else WORKING
