"""The first page: where a person goes first."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, url_for
from flask_login import current_user

from blueprints.access import protect, visible_integrations

bp = Blueprint("pages", __name__)
protect(bp)


@bp.get("/")
def home() -> Response:
    """An employee to his console; an admin to the calls of the only integration, else to the list
    to choose from."""
    if not current_user.is_admin:
        return _go(url_for("console.index"))
    integrations = visible_integrations()
    if len(integrations) == 1:
        return _go(url_for("calls.index", id=integrations[0].id))
    return _go(url_for("integrations.index"))


def _go(target: str) -> Response:
    response = redirect(target)
    assert isinstance(response, Response)
    return response
