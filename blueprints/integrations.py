"""/integrations: the list of a person's integrations; make, pause, delete and bring back."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from blueprints.access import admin_only, get_integration, protect, visible_integrations
from blueprints.connection_form import (
    NEW_PLACE,
    hold_key,
    new_form,
    ports,
    read_file,
    typed_key,
)
from blueprints.connection_words import panel, title
from blueprints.htmx import leave, render
from blueprints.integration_lines import integration_line
from blueprints.kept_forms import restored_fields
from blueprints.language import select_locale
from blueprints.redirects import local_path
from forms.auth_step import NewIntegrationForm
from forms.delete_integration import DeleteForm
from models import Integration, db
from services import delete_integration, due
from services.connection_result import System
from services.new_integration import make_integration
from services.pause import pause as pause_integration
from services.pause import resume as resume_integration
from services.save_connection import Side
from services.shown_keys import tail

bp = Blueprint("integrations", __name__, url_prefix="/integrations")
protect(bp)

TITLE_DIFFERS = _l("This is not the name of the integration. Nothing was deleted.")


@bp.get("")
def index() -> Response:
    is_admin = current_user.is_admin
    lines = [integration_line(row, with_setup=is_admin) for row in visible_integrations()]
    deleted = [(row, delete_integration.gone_at(row)) for row in _deleted()] if is_admin else []
    return render(
        "integrations/index.html",
        "integrations/partials/list.html",
        lines=lines,
        deleted=deleted,
    )


@bp.get("/new")
@admin_only
def new() -> Response:
    return _new_page(new_form(restored_fields(), select_locale()))


@bp.post("/new")
@admin_only
def create() -> Response:
    """Test the key, make the integration, and go on where its notifications are set up."""
    form = new_form(request.form, select_locale())
    is_typed_well = form.validate()
    if not form.require_key() or not is_typed_well:
        return _new_page(form, status=422)
    made, side = make_integration(
        db.session(),
        read_file(form),
        ports(),
        login_id=current_user.login_id,
        without_test=request.form.get("act") == "save_unchecked",
    )
    if made is None:
        return _new_page(form, side, status=422)
    current_app.extensions["ringer"].ring()
    is_tested = side.result is not None and side.result.ok
    flash(
        _("The integration is made, its key works.")
        if is_tested
        else _("The integration is made. Its key is tested as soon as Behomes answers.")
    )
    return leave(url_for("setup.auth", id=made))


@bp.get("/<int:id>/pause")
@admin_only
def pause(id: int) -> Response:
    """What a pause means, and the button."""
    integration = get_integration(id)
    return render(
        "integrations/pause.html",
        "integrations/partials/pause.html",
        integration=integration,
        unfinished=due.unfinished(db.session.connection(), id),
        next=local_path(request.args.get("next"), url_for("integrations.index")),
    )


@bp.post("/<int:id>/pause")
@admin_only
def pause_now(id: int) -> Response:
    pause_integration(db.session(), get_integration(id).id)
    flash(_("Processing is paused. Calls are kept and wait."))
    return _back()


@bp.post("/<int:id>/resume")
@admin_only
def resume(id: int) -> Response:
    waiting = resume_integration(db.session(), get_integration(id).id)
    current_app.extensions["ringer"].ring()
    flash(_resumed(waiting))
    return _back()


@bp.get("/<int:id>/delete")
@admin_only
def delete(id: int) -> Response:
    """What deleting means, what would be lost, and the field for the name."""
    return _delete_page(get_integration(id), DeleteForm())


@bp.post("/<int:id>/delete")
@admin_only
def delete_now(id: int) -> Response:
    integration, form = get_integration(id), DeleteForm()
    if not form.validate():
        return _delete_page(integration, form, status=422)
    title = integration.title
    try:
        delete_integration.delete_integration(
            db.session(), id, typed_title=form.typed_title.data or ""
        )
    except delete_integration.TitleDiffers:
        form.typed_title.errors = [TITLE_DIFFERS]
        return _delete_page(integration, form, status=422)
    current_app.extensions["hook_access"].forget()
    flash(_("“%(title)s” is deleted. For 24 hours this can be undone on this page.", title=title))
    return _go(url_for("integrations.index"))


@bp.post("/<int:id>/restore")
@admin_only
def restore(id: int) -> Response:
    """Undo a deletion, within its day and for those who could see the integration before."""
    found = next((row for row in _deleted() if row.id == id), None)
    if found is None or not delete_integration.undo_delete(db.session(), id):
        abort(404)
    current_app.extensions["ringer"].ring()
    flash(_("The integration is back. Its addresses and keys work again."))
    return _go(url_for("integrations.index"))


def _new_page(form: NewIntegrationForm, side: Side | None = None, *, status: int = 200) -> Response:
    result = side.result if side else None
    if result is not None and result.trouble is not None:
        form.api_key.errors = [title(System.BEHOMES, result.trouble)]
    if side is None or side.is_worth_keeping:
        hold_key(form, "api_key", NEW_PLACE)
    else:
        form.api_key.data = form.api_key_held.data = ""
    return render(
        "integrations/new.html",
        "integrations/partials/new.html",
        status=status,
        form=form,
        panel=panel(System.BEHOMES, result, is_typed=True) if result else None,
        held=tail(typed_key(form, "api_key", NEW_PLACE) or ""),
        may_skip=bool(side and side.may_skip),
    )


def _deleted() -> list[Integration]:
    found = delete_integration.find_deleted(db.session())
    return [row for row in found if current_user.may_see(row.id)]


def _delete_page(integration: Integration, form: DeleteForm, *, status: int = 200) -> Response:
    return render(
        "integrations/delete.html",
        "integrations/partials/delete.html",
        status=status,
        integration=integration,
        form=form,
        loss=delete_integration.describe_loss(db.session(), integration.id),
    )


def _resumed(waiting: int) -> str:
    if not waiting:
        return _("Processing goes on.")
    return ngettext(
        "Processing goes on. %(num)d call that waited is being worked on now.",
        "Processing goes on. %(num)d calls that waited are being worked on now.",
        waiting,
    )


def _back() -> Response:
    return _go(local_path(request.form.get("next"), url_for("integrations.index")))


def _go(target: str) -> Response:
    response = redirect(target, 303)
    assert isinstance(response, Response)
    return response
