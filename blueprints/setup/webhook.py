"""What the webhook card does: a new address, an old one off, a test, what has come."""

from __future__ import annotations

from typing import Any

from flask import (
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration
from blueprints.connection_form import ports
from blueprints.htmx import unchanged
from blueprints.setup.blueprint import bp
from blueprints.setup.webhook_card import describe_card, states
from models import db
from services.webhook_addresses import OVERLAP_HOURS, rotate, switch_off
from services.webhook_card import Trial, read_received, send_test


@bp.get("/<int:id>/setup/auth/received")
@admin_only
def received(id: int) -> Response:
    """What has come so far, for the page that waits for it; 204 while nothing new came."""
    integration = get_integration(id)
    found = read_received(db.session(), id)
    if request.args.get("seen") == found.seen:
        return unchanged()
    return make_response(
        render_template(
            "setup/auth/received.html",
            integration=integration,
            received=found,
            states=states(found),
            card=describe_card(integration),
            is_partial=True,
        )
    )


@bp.post("/<int:id>/setup/auth/address")
@admin_only
def new_address(id: int) -> Response:
    integration = get_integration(id)
    hours = request.form.get("hours", type=int)
    if hours not in OVERLAP_HOURS:
        abort(400)
    rotate(db.session(), integration.id, ports(), overlap_hours=hours)
    current_app.extensions["hook_access"].forget()
    flash(
        _("There is a new address. Change it in all eight notifications; the old one still works.")
    )
    return _back(id)


@bp.post("/<int:id>/setup/auth/address/<int:address_id>/off")
@admin_only
def address_off(id: int, address_id: int) -> Response:
    if not switch_off(db.session(), get_integration(id).id, address_id):
        abort(404)
    current_app.extensions["hook_access"].forget()
    flash(_("The old address is off: what still comes there gets “not found”."))
    return _back(id)


@bp.post("/<int:id>/setup/auth/test-notification")
@admin_only
def test_notification(id: int) -> Response:
    extensions = current_app.extensions
    trial = send_test(
        db.session(),
        get_integration(id).id,
        ports(),
        extensions["hook_access"],
        extensions["inbox"],
    )
    return _back(id, tried=_word(trial), ms=trial.ms if trial else 0)


def _word(trial: Trial | None) -> str:
    if trial is None:
        return "unknown"
    return "stored" if trial.ok else "failed"


def _back(id: int, **query: Any) -> Response:
    response = redirect(url_for("setup.auth", id=id, **query) + "#webhook", 303)
    assert isinstance(response, Response)
    return response
