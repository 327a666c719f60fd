"""Two admins changed the same settings: both versions side by side, and the choice between them."""

from __future__ import annotations

from flask import Response, request, url_for

from blueprints.htmx import render
from models import Integration
from services.drafts import StaleDraft

NOT_SENT_AGAIN = frozenset({"csrf_token", "seen"})


def render_stale(
    integration: Integration, slug: str, stale: StaleDraft, address: str | None = None
) -> Response:
    """What is typed now and what the other admin has saved; nothing was stored (409).

    `address` is that of the form, if it is not its step's own.
    """
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in NOT_SENT_AGAIN
    ]
    return render(
        "setup/stale.html",
        "setup/partials/stale.html",
        status=409,
        integration=integration,
        slug=slug,
        address=address or url_for("setup.step", id=integration.id, slug=slug),
        stale=stale,
        typed=typed,
    )
