"""Try a call: choose one, see what it would lead to. Nothing is written, here or in Behomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from blueprints.access import admin_only, get_integration, protect
from blueprints.htmx import render, wants_partial
from blueprints.setting_links import setting_url
from blueprints.shown import phone
from blueprints.try_orders import order_of
from blueprints.try_result import Trial, manager_words, presets, show_tried
from forms.try_call import KNOWN, TYPED, TryCallForm
from models import Integration, db
from rules.crm import Client, OpenItem
from rules.phones import example
from services.choices import read_choices
from services.find_calls import find_call
from services.integrations import database_now
from services.trial_calls import SimulatorAway, Simulators
from services.try_call import (
    DRAFT,
    TrialOffice,
    find_real_client,
    read_rules,
    read_trial_office,
)

ADDRESSED = (*TryCallForm.names(), "by")

bp = Blueprint("try_call", __name__)
protect(bp)


@bp.get("/integrations/<int:id>/try")
@admin_only
def show(id: int) -> Response:
    integration = get_integration(id)
    office = _office(integration)
    form = _form(office, integration, request.args)
    is_valid = form.validate()
    context: dict[str, Any] = {
        "integration": integration,
        "form": form,
        "presets": presets(lambda chosen: _address(integration, _kept("by"), **chosen)),
        "example": phone(example(integration.default_country)),
        "is_demo": current_app.extensions["config"].demo and bool(integration.data_api_url),
        "has_pbx": office.has_pbx,
        "address": lambda **more: _address(integration, request.args, **more),
        "trial": None,
    }
    if is_valid:
        context |= _tried(integration, office, form)
    return render(
        "try_call/show.html",
        "try_call/partials/result.html",
        status=200 if is_valid else 422,
        **context,
    )


@bp.post("/integrations/<int:id>/try/call")
@admin_only
def make(id: int) -> Response:
    """In the demo: let the simulated CallGear make such a call, then lead to its page."""
    integration = get_integration(id)
    config = current_app.extensions["config"]
    back = _address(integration, request.form)
    form = _form(_office(integration), integration, request.form)
    if not config.demo or not integration.data_api_url or not form.validate():
        return _see(back)
    try:
        order = order_of(form, integration)
        call_session_id = Simulators(integration, config.api_hosts).make_call(order)
    except SimulatorAway:
        flash(_("The simulated CallGear does not answer. Is it still starting?"), "error")
        return _see(back)
    return _see(url_for("try_call.made", id=id, call_session_id=call_session_id))


@bp.get("/integrations/<int:id>/try/call/<call_session_id>")
@admin_only
def made(id: int, call_session_id: str) -> Response:
    """Wait for the first notification of a call that was just made, then lead to its page."""
    integration = get_integration(id)
    if find_call(id, call_session_id) is None:
        return render(
            "try_call/made.html",
            "try_call/partials/made.html",
            integration=integration,
            call_session_id=call_session_id,
        )
    target = url_for("calls.show", id=id, call_session_id=call_session_id)
    if not wants_partial():
        return _see(target)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = target
    return response


def _tried(integration: Integration, office: TrialOffice, form: TryCallForm) -> dict[str, Any]:
    ports, session = current_app.extensions["ports"], db.session()
    now = database_now(session).replace(microsecond=0)
    choices, rules = read_choices(session, integration), read_rules(session, integration)
    number = example(integration.default_country)
    call = form.trial(example=number, started_at=now, names=dict(office.lists.employee_names))
    hits: tuple[Client, ...] | None = (_made_up(form, call.phone or ""),)
    is_looked_up = form.who.data == TYPED and "lookup" in request.args
    if is_looked_up:
        hits = find_real_client(session, integration, ports, call.phone or "")
    elif form.who.data != KNOWN:
        hits = ()
    trial = Trial(call, hits or (), integration, office, choices, now)
    tried = show_tried(trial, rules, request.args.get("by", DRAFT))
    manager = tried.plan.manager
    return {
        "trial": tried,
        "names": trial.names,
        "rules": rules,
        "is_looked_up": is_looked_up,
        "is_crm_away": hits is None,
        "setting_url": lambda path: setting_url(integration.id, path, tried.rules.settings),
        "manager": manager and manager_words(manager, trial.names),
        "popup_employees": [trial.names.employee(each) for each in tried.plan.facts.rung],
    }


def _made_up(form: TryCallForm, number: str) -> Client:
    """A client whom Behomes is taken to know."""
    lead = (OpenItem("1"),) if form.open_lead.data else ()
    deal = (OpenItem("1"),) if form.open_deal.data else ()
    name = _("Example client")
    return Client(
        name, name, (number,), form.responsible.data or None, open_leads=lead, open_deals=deal
    )


def _office(integration: Integration) -> TrialOffice:
    url = current_app.extensions["ports"].public_base_url
    return read_trial_office(db.session(), integration, url)


def _form(office: TrialOffice, integration: Integration, typed: MultiDict[str, str]) -> TryCallForm:
    form = TryCallForm(formdata=typed)
    lists, choices = office.lists, read_choices(db.session(), integration)
    mapping = lists.people.user_by_employee
    employees = sorted(lists.extensions, key=lambda each: each not in mapping)
    users = [(each.id, each.name) for each in choices.users if each.is_usable]
    form.offer(
        employees=[(each, lists.employee_names.get(each, each)) for each in employees],
        users=sorted(users, key=lambda user: user[0] not in mapping.values()),
        lines=[(n.number, _line(n.number, n.name)) for n in choices.numbers if n.active],
    )
    return form


def _line(number: str, name: str | None) -> str:
    return f"{name}, {phone(number)}" if name else phone(number)


def _kept(*names: str) -> dict[str, str]:
    return {name: request.args[name] for name in names if name in request.args}


def _address(integration: Integration, chosen: Mapping[str, str], **more: str) -> str:
    """The address of this page with what is chosen, and `more`; nothing else is taken over."""
    known = {name: chosen[name] for name in ADDRESSED if name in chosen}
    query = urlencode({**known, **more})
    path = url_for("try_call.show", id=integration.id)
    return f"{path}?{query}" if query else path


def _see(target: str) -> Response:
    response = redirect(target, 303)
    assert isinstance(response, Response)
    return response
