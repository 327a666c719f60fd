"""/integrations/<id>/recordings: how long recordings are kept, and what is kept."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration, protect
from blueprints.htmx import render
from blueprints.recording_words import COPY_ERROR, COPY_ERRORS
from forms.recordings import RecordingsForm
from models import Integration, db
from services.integrations import database_now
from services.recording_settings import find_leaving, read_copies, save_recording_settings

DEFAULT_DAYS = 90

bp = Blueprint("recording_settings", __name__, url_prefix="/integrations/<int:id>/recordings")
protect(bp)


@bp.get("")
@admin_only
def show(id: int) -> Response:
    integration = get_integration(id)
    form = RecordingsForm(
        pbx_days=integration.pbx_recording_days,
        keep=integration.keep_recordings_days is not None,
        keep_days=integration.keep_recordings_days or DEFAULT_DAYS,
    )
    return _page(integration, form)


@bp.post("")
@admin_only
def save(id: int) -> Response:
    integration = get_integration(id)
    form = RecordingsForm()
    if not form.validate():
        return _page(integration, form, status=422)
    save_recording_settings(
        db.session(), id, pbx_days=form.pbx_days.data, keep_days=form.chosen_days
    )
    flash(_("Saved. It counts at once; calls are not touched by it."))
    response = redirect(url_for("recording_settings.show", id=id), 303)
    assert isinstance(response, Response)
    return response


def _page(integration: Integration, form: RecordingsForm, *, status: int = 200) -> Response:
    copies = read_copies(db.session(), integration.id)
    troubles = [(COPY_ERRORS.get(error, COPY_ERROR), number) for error, number in copies.troubles]
    return render(
        "recordings/index.html",
        "recordings/partials/settings.html",
        status=status,
        integration=integration,
        form=form,
        copies=copies,
        troubles=troubles,
        leaving=find_leaving(db.session(), integration, database_now(db.session())),
    )
