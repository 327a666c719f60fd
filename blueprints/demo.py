"""The demo's page: make a trial call, watch it arrive in our journal and in the CRM."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.access import admin_only, protect, visible_integrations
from blueprints.call_lines import call_line
from blueprints.demo_calls import DEMO_CALLS, find_demo_call
from blueprints.htmx import render, unchanged, wants_partial
from blueprints.language import select_locale
from blueprints.reasons import Names
from blueprints.words import Word
from models import Integration, db
from services import find_calls
from services.latest_card import find_latest_card
from services.trial_calls import SimulatorAway, Simulators

ROWS = 6
CARD_STATES = {
    "ringing": Word(_l("Incoming call"), "phone-incoming", "accent"),
    "talking": Word(_l("Talking"), "phone-call", "ok"),
    "ended": Word(_l("The call ended"), "check", ""),
    "lost": Word(_l("The call was lost"), "phone-missed", "error"),
    "withdrawn": Word(_l("Answered by somebody else"), "users", ""),
}

bp = Blueprint("demo", __name__, url_prefix="/demo")
protect(bp)


@bp.before_request
def only_in_the_demo() -> None:
    if not current_app.extensions["config"].demo:
        abort(404)


@bp.get("")
@admin_only
def index() -> Response:
    integration = _demo_integration()
    page = find_calls.find_calls(integration.id, find_calls.CallFilter())
    simulators = _simulators(integration)
    entries = simulators.latest_entries(ROWS + 2)
    card = find_latest_card(db.session.connection(), integration.id)
    seen = hashlib.sha256(repr((page.seen, entries, card)).encode()).hexdigest()[:16]
    if wants_partial() and request.args.get("seen") == seen:
        return unchanged()
    names = Names(find_calls.employee_names(integration.id), find_calls.user_names(integration.id))
    return render(
        "demo/index.html",
        "demo/partials/feed.html",
        integration=integration,
        demo_calls=DEMO_CALLS,
        lines=[call_line(row, integration, names) for row in page.rows[:ROWS]],
        entries=entries,
        card=card,
        card_states=CARD_STATES,
        names=names,
        board_url=simulators.board_url(select_locale()),
        seen=seen,
    )


@bp.post("/calls")
@admin_only
def make_call() -> Response:
    call = find_demo_call(request.form.get("call", ""))
    if call is None:
        abort(400)
    try:
        _simulators(_demo_integration()).make_call(call.as_order())
        flash(_("The call has started: %(title)s", title=call.title))
    except SimulatorAway:
        flash(_("The simulated CallGear does not answer. Is it still starting?"), "error")
    response = redirect(url_for("demo.index"), 303)
    assert isinstance(response, Response)
    return response


def _demo_integration() -> Integration:
    """The first one that has a PBX: in the demo, the simulated one."""
    found = next((row for row in visible_integrations() if row.data_api_url), None)
    if found is None:
        abort(404)
    return found


def _simulators(integration: Integration) -> Simulators:
    return Simulators(integration, current_app.extensions["config"].api_hosts)
