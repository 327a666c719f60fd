"""Two admins changed the same settings: both versions side by side, and the choice between them."""

from __future__ import annotations

from flask import Response, request, url_for

from blueprints.htmx import render
from blueprints.setup.differences import Changed, differences
from models import Integration, db
from rules.document import with_values
from rules.secret_names import is_secret_name
from services.choices import read_choices
from services.drafts import StaleDraft


def render_stale(
    integration: Integration, slug: str, stale: StaleDraft, address: str | None = None
) -> Response:
    """What is typed now and what the other admin has saved, in words; nothing was stored (409).

    `address` is that of the form, if it is not its step's own.
    """
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "seen" and not is_secret_name(name)
    ]
    return render(
        "setup/stale.html",
        "setup/partials/stale.html",
        status=409,
        integration=integration,
        address=address or url_for("setup.step", id=integration.id, slug=slug),
        stale=stale,
        rows=_side_by_side(integration, stale),
        typed=typed,
    )


def _side_by_side(integration: Integration, stale: StaleDraft) -> list[Changed]:
    """What differs, theirs as the old and mine as the new value."""
    theirs = stale.theirs.document
    choices = read_choices(db.session(), integration)
    return differences(integration.id, theirs, with_values(theirs, stale.mine), choices)
