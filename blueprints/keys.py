"""/integrations/<id>/key: replace the key of Behomes; the banner of a refused one leads here."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.access import admin_only, get_integration, protect
from blueprints.htmx import render
from forms.key import KeyForm
from models import db
from services.replace_key import KeyNotAccepted, replace_key

bp = Blueprint("keys", __name__, url_prefix="/integrations")
protect(bp)

NOT_ACCEPTED = {
    "refused": _l("Behomes does not accept this key. Check that it was copied whole."),
    "other_account": _l(
        "This key belongs to another Behomes account. Make an integration of its own for it."
    ),
    "not_reached": _l(
        "Behomes does not answer, so the key could not be checked. Nothing was changed:"
        " try again in a minute."
    ),
}


@bp.get("/<int:id>/key")
@admin_only
def edit(id: int) -> Response:
    return _page(id, KeyForm())


@bp.post("/<int:id>/key")
@admin_only
def save(id: int) -> Response:
    integration, form = get_integration(id), KeyForm()
    if not form.validate():
        return _page(id, form, status=422)
    try:
        replace_key(
            db.session(), integration.id, form.api_key.data or "", current_app.extensions["ports"]
        )
    except KeyNotAccepted as error:
        form.api_key.errors = [NOT_ACCEPTED[error.code]]
        return _page(id, form, status=422)
    current_app.extensions["ringer"].ring()
    flash(_("The key works. Calls that waited for it are being written now."))
    response = redirect(url_for("calls.index", id=id), 303)
    assert isinstance(response, Response)
    return response


def _page(id: int, form: KeyForm, *, status: int = 200) -> Response:
    integration = get_integration(id)
    return render(
        "key.html", "partials/key_form.html", status=status, integration=integration, form=form
    )
