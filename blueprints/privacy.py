"""/integrations/<id>/privacy: what is held about a number, its export and erasure; how long data
is kept; who listened to recordings."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping

from flask import Blueprint, Response, current_app, flash, redirect, request, send_file, url_for
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration, protect
from blueprints.htmx import render
from blueprints.privacy_words import held_lines
from blueprints.retention_words import KINDS
from blueprints.row_ids import LARGEST
from forms.privacy import NO_NUMBER, EraseForm, KeptDaysForm, NumberForm, filled
from models import Integration, db
from models.base import reading
from rules.phones import mask
from rules.retention import UNKNOWN_NUMBER_DAYS, Kind, days_of, shortened
from services import erasures
from services.erase_keyed import Number
from services.export_number import export_number
from services.kept_days import describe, save_days
from services.personal_data import count
from services.recording_accesses import find_accesses

IN_MEMORY = 2 * 1024 * 1024

bp = Blueprint("privacy", __name__, url_prefix="/integrations/<int:id>/privacy")
protect(bp)


@bp.get("")
@admin_only
def show(id: int) -> Response:
    return _page(get_integration(id))


@bp.post("/number")
@admin_only
def look(id: int) -> Response:
    """What is held about the number that was typed; nothing is changed. Not by an address: those
    stay in the browser's history."""
    integration, form = get_integration(id), NumberForm()
    number = _read(integration, form)
    if number is None:
        return _page(integration, form=form, status=422)
    return _page(integration, form=form, number=number)


@bp.post("/export")
@admin_only
def export(id: int) -> Response:
    integration, form = get_integration(id), NumberForm()
    number = _read(integration, form)
    if number is None:
        return _page(integration, form=form, status=422)
    db.session.rollback()
    # It lies in memory, or unnamed on the disk, and is gone when the answer is sent.
    out = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    export_number(db.engine, number, current_app.extensions["ports"], out)
    out.seek(0)
    name = f"number-{mask(number.traces.phone).strip('*')}.zip"
    response = send_file(out, "application/zip", as_attachment=True, download_name=name)
    response.call_on_close(out.close)
    return response


@bp.post("/erase")
@admin_only
def erase(id: int) -> Response:
    integration, form = get_integration(id), EraseForm()
    number = _read(integration, form)
    if number is None or not form.validate():
        return _page(integration, form=form, number=number, is_erasing=True, status=422)
    again = _parse(integration, form.again.data or "")
    if again is None or again.value != number.value:
        form.again.errors = [_("This is another number. Nothing was erased.")]
        return _page(integration, form=form, number=number, is_erasing=True, status=422)
    erasures.ask(db.session(), number, current_app.extensions["ports"])
    flash(_("The erasure has begun. It is done when this page says so, as a rule within minutes."))
    return _back(id, "erasures")


@bp.post("/days")
@admin_only
def keep_days(id: int) -> Response:
    """Save the days; asks first when something would be erased that would have stayed, and again
    when something else is meant than what was asked."""
    integration, form = get_integration(id), KeptDaysForm()
    if not form.validate():
        return _page(integration, days_form=form, status=422)
    less = {kind: form.days[kind] for kind in shortened(days_of(integration.kept_days), form.days)}
    if not {*_signed(less)} <= {*request.form.getlist("agreed")}:
        return _page(integration, days_form=form, less=less)
    save_days(db.session(), id, form.days)
    flash(_("Saved. What is older now is erased within minutes."))
    return _back(id, "kept-days")


@bp.get("/listened")
@admin_only
def listened(id: int) -> Response:
    integration = get_integration(id)
    before = request.args.get("before", type=int)
    found = find_accesses(
        db.session(), id, before=before if before and 0 < before <= LARGEST else None
    )
    return render(
        "privacy/listened.html",
        "privacy/partials/listened.html",
        integration=integration,
        rows=found.rows,
        older=found.older,
        before=before,
        days=days_of(integration.kept_days)["listened"],  # type: ignore[index]
    )


def _signed(less: Mapping[Kind, int]) -> list[str]:
    """What a person agrees to, as the page brings it back."""
    return [f"{kind}:{days}" for kind, days in less.items()]


def _read(integration: Integration, form: NumberForm) -> Number | None:
    """The number in the form; its field says what is wrong."""
    form.validate()
    if form.phone.errors:
        return None
    number = _parse(integration, form.phone.data or "")
    if number is None:
        form.phone.errors = [NO_NUMBER]
    return number


def _parse(integration: Integration, typed: str) -> Number | None:
    ports = current_app.extensions["ports"]
    try:
        return erasures.read_number(db.session(), integration.id, typed, ports)
    except erasures.NoNumber:
        return None


def _page(
    integration: Integration,
    *,
    form: NumberForm | None = None,
    number: Number | None = None,
    is_erasing: bool = False,
    days_form: KeptDaysForm | None = None,
    less: Mapping[Kind, int] | None = None,
    status: int = 200,
) -> Response:
    with reading():
        held = count(db.session.connection(), number) if number else {}
    days = days_of(integration.kept_days)
    return render(
        "privacy/index.html",
        "privacy/partials/privacy.html",
        status=status,
        integration=integration,
        form=form or NumberForm(formdata=None),
        number=number,
        held=held_lines(held),
        names_settings=bool(held.get("settings_version")),
        is_erasing=is_erasing,
        erasures=erasures.find_erasures(db.session(), integration.id),
        days_form=days_form or KeptDaysForm(formdata=None, data=filled(days)),
        kinds=KINDS,
        less=[KINDS[kind].title for kind in less or ()],
        agreed=_signed(less or {}),
        kept={str(each.kind): each for each in describe(db.session(), integration.id)},
        unknown_days=UNKNOWN_NUMBER_DAYS,
    )


def _back(id: int, part: str) -> Response:
    response = redirect(url_for("privacy.show", id=id, _anchor=part), 303)
    assert isinstance(response, Response)
    return response
