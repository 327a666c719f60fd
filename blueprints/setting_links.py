"""Where a setting is edited: the step of the wizard, and the control on it."""

from __future__ import annotations

from flask import url_for

from forms.wizard import step_of
from rules.causes import USERS
from rules.document import anchor
from rules.settings import Settings


def setting_url(integration_id: int, path: str | None, settings: Settings | None = None) -> str:
    """The address of a place of the settings document; "" for None. A row of `fields` stands on the
    page of its entity, which `settings` tell."""
    if path is None:
        return ""
    if path == USERS:
        return url_for("setup.step", id=integration_id, slug=USERS)
    step, rows = step_of(path), settings.fields if settings else ()
    section, *inside = path.split(".")
    if section == "fields" and inside and inside[0].isdigit() and int(inside[0]) < len(rows):
        entity = str(rows[int(inside[0])].entity)
        return url_for("setup.fields", id=integration_id, entity=entity, _anchor=anchor(path))
    return url_for("setup.step", id=integration_id, slug=step.slug, _anchor=anchor(path))
