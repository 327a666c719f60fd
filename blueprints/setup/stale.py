"""Two admins changed the same settings: both versions side by side, and the choice between them."""

from __future__ import annotations

from flask import Response, request

from blueprints.htmx import render
from models import Integration
from services.drafts import StaleDraft

NOT_SENT_AGAIN = frozenset({"csrf_token", "seen"})


def render_stale(integration: Integration, slug: str, stale: StaleDraft) -> Response:
    """What is typed now and what the other admin has saved; nothing was stored (409)."""
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
        stale=stale,
        typed=typed,
    )
