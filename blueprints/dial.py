"""Call a number by a click from our own pages, and watch how the call comes about."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_login import current_user

from blueprints.access import get_integration, protect
from blueprints.dial_words import STORIES, Shown, describe
from blueprints.htmx import render, unchanged, wants_partial
from forms.dial import ORIGINS, DialForm
from models import ClickCall, Integration, db
from rules.dialling import Refusal
from services.click_calls import Wanted, ask_call
from services.dial_events import as_event
from services.dial_progress import known_progress
from services.find_calls import find_own_employee_id

bp = Blueprint("dial", __name__, url_prefix="/integrations/<int:id>/dial")
protect(bp)

# A call whose end was never told is no longer watched after this time.
WATCHED = timedelta(hours=4)


@bp.record_once
def set_up(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["new_request_id"] = new_request_id


def new_request_id() -> str:
    """For one form: however often it is sent, it dials once."""
    return secrets.token_hex(16)


@bp.get("")
def new(id: int) -> Response:
    """`phone` and `origin` of the address fill the form."""
    form = DialForm(
        formdata=None,
        phone=request.args.get("phone", "")[:100],
        origin=_origin(request.args.get("origin", "")),
        request_id=new_request_id(),
    )
    return _form_page(get_integration(id), form)


@bp.post("")
def ask(id: int) -> Response:
    """Dial for the person's own employee; then watch the call."""
    integration, form = get_integration(id), DialForm()
    employee_id = _own_employee_id(integration)
    if not form.validate() or employee_id is None:
        if form.request_id.errors:
            form.request_id.data = new_request_id()
        if form.origin.errors:
            form.origin.data = ORIGINS[0]
        if _wants_json():
            return _refused_form(form)
        return _form_page(integration, form, status=422)
    wanted = Wanted(
        integration_id=id,
        request_id=form.request_id.data or "",
        phone=form.phone.data or "",
        origin=form.origin.data or ORIGINS[0],
        employee_id=employee_id,
        login_id=current_user.login_id,
    )
    told = ask_call(db.session(), wanted, current_app.extensions["ports"])
    if not wants_partial() and not _wants_json():
        return _see(url_for("dial.show", id=id, row_id=told.row_id))
    row = _own_row(get_integration(id), told.row_id)
    status = 422 if row.state == "blocked" else 200
    if _wants_json():
        return _told(row, status)
    return _state(get_integration(id), row, status=status)


@bp.get("/<int:row_id>")
def show(id: int, row_id: int) -> Response:
    """How far the call has come; asked again while it goes on."""
    integration = get_integration(id)
    row = _own_row(integration, row_id)
    shown = _describe(row)
    if wants_partial() and request.args.get("seen") == shown.seen:
        return unchanged()
    return _state(integration, row, shown=shown)


def _state(
    integration: Integration, row: ClickCall, *, shown: Shown | None = None, status: int = 200
) -> Response:
    return render(
        "dial/show.html",
        "dial/partials/state.html",
        status=status,
        integration=integration,
        row=row,
        shown=shown or _describe(row),
        is_watched=datetime.now(UTC) - row.asked_at < WATCHED,
    )


def _told(row: ClickCall, status: int) -> Response:
    """For the script of the console: how the call stands, in words and as its stream tells it."""
    shown = _describe(row)
    text = " ".join(part for part in (shown.text, shown.todo) if part)
    response = jsonify(as_event(row) | {"text": text})
    response.status_code = status
    return response


def _refused_form(form: DialForm) -> Response:
    errors = [str(error) for errors in form.errors.values() for error in errors]
    text = " ".join(errors) or " ".join(str(part) for part in STORIES[Refusal.USER_UNMAPPED])
    response = jsonify({"state": "blocked", "text": text})
    response.status_code = 422
    return response


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _describe(row: ClickCall) -> Shown:
    return describe(row, known_progress(db.session(), row))


def _form_page(integration: Integration, form: DialForm, *, status: int = 200) -> Response:
    context: dict[str, Any] = {
        "integration": integration,
        "form": form,
        "is_joined": _own_employee_id(integration) is not None,
    }
    return render("dial/new.html", "dial/partials/form.html", status=status, **context)


def _own_row(integration: Integration, row_id: int) -> ClickCall:
    """A click of this person, or of his employee; an admin may look at all of the office."""
    row = db.session.get(ClickCall, row_id, populate_existing=True)
    if row is None or row.integration_id != integration.id:
        abort(404)
    is_own = row.login_id == current_user.login_id
    own = _own_employee_id(integration)
    if is_own or current_user.is_admin or (own is not None and row.employee_id == own):
        return row
    abort(404)


def _own_employee_id(integration: Integration) -> str | None:
    return find_own_employee_id(integration.id, current_user.login_id, current_user.email)


def _origin(text: str) -> str:
    return "test" if text == "test" else "console"


def _see(target: str) -> Response:
    response = redirect(target, 303)
    assert isinstance(response, Response)
    return response
