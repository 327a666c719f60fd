"""The pop-up inside other pages: the admin's settings, and the window that gives a page its key."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from blueprints.access import admin_only, get_integration, protect
from blueprints.htmx import render
from blueprints.kept_forms import restored_fields
from forms.embed import OriginsForm
from models import Integration, db
from rules.browsers import name_browser
from rules.origins import MOST_ORIGINS, is_allowed, read_origin, read_origins
from services import console_tokens, embed_pages
from services.find_calls import find_own_employee_id

bp = Blueprint("embed", __name__)
protect(bp)

LONGEST_STATE = 100


@bp.get("/integrations/<int:id>/embed")
@admin_only
def settings(id: int) -> Response:
    integration = get_integration(id)
    typed = restored_fields(url_for("embed.save", id=id))
    shown = {"origins": "\n".join(integration.allowed_origins)}
    return _settings_page(integration, OriginsForm(formdata=typed, data=shown))


@bp.post("/integrations/<int:id>/embed")
@admin_only
def save(id: int) -> Response:
    integration = get_integration(id)
    form = OriginsForm()
    read = read_origins(form.origins.data or "")
    if not form.validate() or read.wrong or read.is_too_long:
        form.origins.errors = [*form.origins.errors, *_problems(read.wrong, len(read.origins))]
        return _settings_page(integration, form, status=422)
    embed_pages.set_origins(db.session(), id, read.origins)
    flash(_("Saved. It counts at once."))
    return _to(url_for("embed.settings", id=id))


@bp.post("/integrations/<int:id>/embed/keys/<int:key_id>/end")
@admin_only
def end_key(id: int, key_id: int) -> Response:
    get_integration(id)
    if not embed_pages.take_back(db.session(), id, key_id):
        abort(404)
    flash(_("The pop-up is signed out there."))
    return _to(url_for("embed.settings", id=id))


@bp.get("/embed/<int:id>/login")
def ask(id: int) -> Response:
    """The window that a foreign page opens: asks the person whether that page may show calls."""
    integration = get_integration(id)
    g.may_have_opener = True
    return _window(integration, origin=_origin(), state=_state())


@bp.post("/embed/<int:id>/login")
def allow(id: int) -> Response:
    """Give the page its key: the window's script hands it over to the opener and closes."""
    integration = get_integration(id)
    g.may_have_opener = True
    origin = _origin()
    if origin is None or not is_allowed(origin, integration.allowed_origins) or not _is_joined(id):
        return _window(integration, origin=origin, state=_state(), status=422)
    agent = request.user_agent.string
    token = console_tokens.give(db.session(), current_user.login, integration, origin, agent)
    return _window(integration, origin=origin, state=_state(), token=token)


@bp.post("/account/keys/<int:key_id>/end")
def end_own_key(key_id: int) -> Response:
    if not embed_pages.take_back_own(db.session(), current_user.login_id, key_id):
        abort(404)
    flash(_("The pop-up is signed out there."))
    return _to(url_for("account.index"))


def _settings_page(integration: Integration, form: OriginsForm, *, status: int = 200) -> Response:
    base = current_app.extensions["ports"].public_base_url
    address = base + url_for("embed_api.script")
    return render(
        "embed/settings.html",
        "embed/partials/settings.html",
        status=status,
        integration=integration,
        form=form,
        line=f'<script src="{address}" data-integration="{integration.id}" async></script>',
        base=base,
        keys=console_tokens.keys_of_integration(db.session(), integration.id),
        name_browser=name_browser,
    )


def _window(
    integration: Integration, *, origin: str | None, state: str, token: str = "", status: int = 200
) -> Response:
    return render(
        "embed/window.html",
        "embed/partials/window.html",
        status=status,
        integration=integration,
        origin=origin,
        state=state,
        token=token,
        is_origin_allowed=is_allowed(origin, integration.allowed_origins),
        is_joined=_is_joined(integration.id),
    )


def _origin() -> str | None:
    return read_origin(request.values.get("origin", "")[:300])


def _state() -> str:
    """What the opener made up, so that it knows its own window again."""
    return request.values.get("state", "")[:LONGEST_STATE]


def _is_joined(integration_id: int) -> bool:
    person = current_user
    return find_own_employee_id(integration_id, person.login_id, person.email) is not None


def _problems(wrong: tuple[str, ...], count: int) -> list[str]:
    told = [
        _("“%(word)s” is not an address like https://crm.example.com.", word=word[:100])
        for word in wrong[:5]
    ]
    if count > MOST_ORIGINS:
        told.append(
            ngettext(
                "There can be %(num)d page at most.",
                "There can be %(num)d pages at most.",
                MOST_ORIGINS,
            )
        )
    return told


def _to(address: str) -> Response:
    response = redirect(address, 303)
    assert isinstance(response, Response)
    return response
