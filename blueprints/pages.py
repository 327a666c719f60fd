"""The first page, and the list of a person's integrations."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, url_for

from blueprints.access import protect, visible_integrations

bp = Blueprint("pages", __name__)
protect(bp)


@bp.get("/")
def home() -> Response:
    """To the calls of the only integration, else to the list to choose from."""
    integrations = visible_integrations()
    if len(integrations) == 1:
        return _go(url_for("calls.index", id=integrations[0].id))
    return _go(url_for("pages.integrations"))


@bp.get("/integrations")
def integrations() -> str:
    return render_template("integrations.html", integrations=visible_integrations())


def _go(target: str) -> Response:
    response = redirect(target)
    assert isinstance(response, Response)
    return response
