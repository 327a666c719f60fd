"""Who may see what: a login for every page, its own integrations only, roles."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from blueprints.htmx import wants_partial
from blueprints.refusals import note_refusal
from models import Integration, db
from models.integration import LIVE

PROTECTED: set[str] = set()


def protect(blueprint: Blueprint) -> None:
    """Nobody sees a page of this blueprint without a login."""
    PROTECTED.add(blueprint.name)

    @blueprint.before_request
    def require_login() -> ResponseReturnValue | None:
        if current_user.is_authenticated:
            return _go_and_set_second_step(blueprint)
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]


def is_inside() -> bool:
    """Whether somebody is logged in with every step that this server asks for. For the views that
    `protect` does not guard, being open to others too."""
    return bool(current_user.is_authenticated and not current_user.lacks_second_step)


def _go_and_set_second_step(blueprint: Blueprint) -> ResponseReturnValue | None:
    """Where this server wants a second step, nothing is open before but a person's own account."""
    if not current_user.lacks_second_step or blueprint.name in ("account", "second_step"):
        return None
    target = url_for("second_step.index")
    if wants_partial():
        return Response(status=403, headers={"HX-Redirect": target})
    return redirect(target, 303 if request.method == "POST" else 302)


def admin_only(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_admin:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def visible_integrations() -> list[Integration]:
    """The person's integrations by title; read once a request."""
    if "integrations" not in g:
        rows = db.session.scalars(
            db.select(Integration).where(LIVE).order_by(Integration.title)
        ).unique()
        g.integrations = [row for row in rows if current_user.may_see(row.id)]
    found: list[Integration] = g.integrations
    return found


def get_integration(integration_id: int) -> Integration:
    """The integration of the address; a stranger's is a 404 like one that is not there."""
    for integration in visible_integrations():
        if integration.id == integration_id:
            g.integration = integration
            return integration
    note_refusal(404)
    abort(404)
