"""The step `auth`: keys and addresses, tested before they are stored; acts at once."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.access import admin_only, get_integration
from blueprints.connection_form import (
    KEYS,
    auth_form,
    hold_key,
    ports,
    read_details,
    read_typed,
    typed_key,
)
from blueprints.connection_words import Panel, panel, title
from blueprints.kept_forms import restored_fields
from blueprints.setup.blueprint import bp
from blueprints.setup.frame import render_step
from blueprints.setup.webhook_card import describe_card
from forms.auth_step import AuthStepForm
from models import Integration, db
from services.connection_result import System, read_result
from services.office_details import save_details
from services.save_connection import Side, save_connections
from services.shown_keys import open_or_empty, tail

Sides = Mapping[System, Side]

FIELD_OF = {System.BEHOMES: "api_key", System.CALLGEAR: "access_token"}
NOT_STORED = _l("%(title)s. What stands in force was not changed.")


@bp.get("/<int:id>/setup/auth")
@admin_only
def auth(id: int) -> Response:
    integration = get_integration(id)
    return _page(integration, auth_form(integration, restored_fields()))


@bp.post("/<int:id>/setup/auth")
@admin_only
def save_auth(id: int) -> Response:
    """`act`: save (what passes the test), check (store nothing), save_unchecked (also what could
    not be tested)."""
    form, act = auth_form(get_integration(id), request.form), request.form.get("act")
    if not form.validate():
        return _page(get_integration(id), form, status=422)
    sides = save_connections(
        db.session(),
        id,
        read_typed(form, id),
        ports(),
        store=act != "check",
        without_test=act == "save_unchecked",
    )
    current_app.extensions["ringer"].ring()
    if act == "check":
        return _page(get_integration(id), form, sides)
    save_details(db.session(), id, read_details(form))
    current_app.extensions["hook_access"].forget()
    if _tell_refused(form, sides):
        return _page(get_integration(id), form, sides, status=422)
    flash(_saved_words(sides))
    response = redirect(url_for("setup.auth", id=id), 303)
    assert isinstance(response, Response)
    return response


@bp.get("/<int:id>/key")
@admin_only
def replace_key(id: int) -> Response:
    """The address to which a banner of an older page may still lead."""
    response = redirect(url_for("setup.auth", id=get_integration(id).id, _anchor="api_key"))
    assert isinstance(response, Response)
    return response


def _tell_refused(form: AuthStepForm, sides: Sides) -> bool:
    """Put what was not stored on its field; False if all is stored."""
    for system, side in sides.items():
        if side.is_refused and side.result and side.result.trouble:
            said = str(NOT_STORED) % {"title": title(system, side.result.trouble)}
            form[FIELD_OF[system]].errors = [said]
    return any(side.is_refused for side in sides.values())


def _saved_words(sides: Sides) -> str:
    results = [side.result for side in sides.values() if side.result]
    if all(result.ok for result in results):
        return _("Saved. The connections work.")
    return _("Saved. Not every connection works: see below.")


def _page(
    integration: Integration, form: AuthStepForm, sides: Sides | None = None, *, status: int = 200
) -> Response:
    for name, system in zip(KEYS, System, strict=True):
        is_open = sides is None or sides[system].is_worth_keeping
        if is_open:
            hold_key(form, name, str(integration.id))
        else:
            form[name].data = form[f"{name}_held"].data = ""
    vault = ports().vault
    return render_step(
        integration,
        "auth",
        status=status,
        form=form,
        panels=_panels(integration, sides),
        may_skip=any(each.is_refused and each.may_skip for each in (sides or {}).values()),
        stored={
            "api_key": tail(open_or_empty(vault, integration.behomes_key_sealed)),
            "access_token": tail(open_or_empty(vault, integration.access_token_sealed)),
        },
        held={name: tail(typed_key(form, name, str(integration.id)) or "") for name in KEYS},
        card=describe_card(integration),
    )


def _panels(integration: Integration, sides: Sides | None) -> dict[str, Panel]:
    """System -> what its last test said: the one just made, else the one that is kept."""
    panels = {}
    for system in System:
        side = sides.get(system) if sides else None
        if side and side.result:
            panels[str(system)] = panel(system, side.result, is_typed=side.is_refused)
        elif result := read_result(integration.connection_checks.get(system)):
            panels[str(system)] = panel(system, result)
    return panels
