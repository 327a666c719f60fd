"""The first page: where a person goes first."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, session, url_for
from flask_login import current_user

from blueprints.access import protect, visible_integrations
from blueprints.dashboard import LAST_SEEN

bp = Blueprint("pages", __name__)
protect(bp)


@bp.get("/")
def home() -> Response:
    """An employee to his console; an admin to the overview of the integration that he looked at
    last, else of the first one. Who has none is told so on their list."""
    integrations = visible_integrations()
    if not integrations:
        return _go(url_for("integrations.index"))
    if not current_user.is_admin:
        return _go(url_for("console.index"))
    ids = [integration.id for integration in integrations]
    last = session.get(LAST_SEEN)
    return _go(url_for("dashboard.index", id=last if last in ids else ids[0]))


def _go(target: str) -> Response:
    response = redirect(target)
    assert isinstance(response, Response)
    return response
