"""The settings wizard of an integration.

`frame.render_step` shows a step inside the wizard; `document_steps` serves every step whose form
stands in `forms.wizard.STEPS`. A step with views of its own puts them into a module here, at its
own address (`/integrations/<id>/setup/<slug>`), which wins over the general one.
"""

from __future__ import annotations

from blueprints.setup import (
    api_key,
    auth,
    discard,
    document_steps,
    exchange,
    fields_step,
    funnels,
    home,
    live,
    manager,
    outgoing,
    review,
    templates_step,
    users,
    versions,
    webhook,
)
from blueprints.setup.blueprint import bp

__all__ = [
    "api_key",
    "auth",
    "bp",
    "discard",
    "document_steps",
    "exchange",
    "fields_step",
    "funnels",
    "home",
    "live",
    "manager",
    "outgoing",
    "review",
    "templates_step",
    "users",
    "versions",
    "webhook",
]
