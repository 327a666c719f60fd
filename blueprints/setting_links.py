"""Where a setting is edited: the step of the wizard, and the control on it."""

from __future__ import annotations

from flask import url_for

from forms.wizard import step_of
from rules.causes import USERS
from rules.document import anchor


def setting_url(integration_id: int, path: str | None) -> str:
    """The address of a place of the settings document; "" for None."""
    if path is None:
        return ""
    if path == USERS:
        return url_for("setup.step", id=integration_id, slug=USERS)
    step = step_of(path)
    return url_for("setup.step", id=integration_id, slug=step.slug, _anchor=anchor(path))
