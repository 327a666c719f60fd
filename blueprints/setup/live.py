"""The guided live check: call your own number and watch each link of the chain light up."""

from __future__ import annotations

import hashlib

from flask import Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration
from blueprints.demo_calls import find_demo_call
from blueprints.htmx import render, unchanged, wants_partial
from blueprints.setup.blueprint import bp
from blueprints.setup.live_words import LinkLine, link_lines
from models import Integration, VirtualNumberRow, db
from services import find_calls
from services.live_check import LiveCheck, begin, look
from services.trial_calls import SimulatorAway, Simulators


@bp.get("/<int:id>/setup/auth/live")
@admin_only
def live(id: int) -> Response:
    integration = get_integration(id)
    found = look(db.session(), integration, request.args.get("call"))
    lines = link_lines(integration, found) if found else []
    seen = _fingerprint(found, lines)
    if wants_partial() and request.args.get("seen") == seen:
        return unchanged()
    return render(
        "setup/live.html",
        "setup/auth/live.html",
        integration=integration,
        found=found,
        lines=lines,
        seen=seen,
        number=_first_number(integration),
        names=find_calls.employee_names(id),
        is_demo=current_app.extensions["config"].demo,
    )


@bp.post("/<int:id>/setup/auth/live")
@admin_only
def begin_live(id: int) -> Response:
    begin(db.session(), get_integration(id).id)
    return _back(id)


@bp.post("/<int:id>/setup/auth/live/demo-call")
@admin_only
def live_demo_call(id: int) -> Response:
    """In the demo the simulated PBX makes the call."""
    integration, config = get_integration(id), current_app.extensions["config"]
    call = find_demo_call("new-answered")
    if not config.demo or call is None:
        abort(404)
    begin(db.session(), id)
    try:
        Simulators(get_integration(id), config.api_hosts).make_call(call.as_order())
    except SimulatorAway:
        flash(_("The simulated CallGear does not answer. Is it still starting?"), "error")
    return _back(integration.id)


def _first_number(integration: Integration) -> str:
    query = db.select(VirtualNumberRow.number).where(
        VirtualNumberRow.integration_id == integration.id, VirtualNumberRow.active
    )
    return db.session.scalars(query.order_by(VirtualNumberRow.number)).first() or ""


def _fingerprint(found: LiveCheck | None, lines: list[LinkLine]) -> str:
    parts = (found and found.began_at, found and len(found.calls), lines)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _back(id: int) -> Response:
    response = redirect(url_for("setup.live", id=id), 303)
    assert isinstance(response, Response)
    return response
