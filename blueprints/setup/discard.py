"""/integrations/<id>/setup/discard: delete the draft, after saying what is lost."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration
from blueprints.setup.blueprint import bp
from blueprints.setup.draft_loss import Loss, render_loss
from models import Integration, db
from services.drafts import DraftChanged, discard_draft, read_draft


@bp.get("/<int:id>/setup/discard")
@admin_only
def discard(id: int) -> Response:
    integration = get_integration(id)
    if not read_draft(db.session(), integration).is_draft:
        flash(_("There is no draft to delete."))
        return _to_home(id)
    return render_loss(integration, _loss(integration))


@bp.post("/<int:id>/setup/discard")
@admin_only
def discard_now(id: int) -> Response:
    integration = get_integration(id)
    try:
        discard_draft(db.session(), integration.id, seen=request.form.get("seen"))
    except DraftChanged:
        again = get_integration(id)
        return render_loss(again, _loss(again), status=409, is_changed=True)
    flash(_("The draft is deleted."))
    return _to_home(id)


def _loss(integration: Integration) -> Loss:
    version = integration.published_version
    text = (
        _("Calls are not affected: they run by version %(number)s.", number=version)
        if version
        else _("The set-up begins again from the standard settings. Calls are kept and wait.")
    )
    home = url_for("setup.home", id=integration.id)
    address = url_for("setup.discard", id=integration.id)
    return Loss(_("Delete the draft?"), text, _("Delete the draft"), address, home)


def _to_home(id: int) -> Response:
    response = redirect(url_for("setup.home", id=id), 303)
    assert isinstance(response, Response)
    return response
