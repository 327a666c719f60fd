"""/integrations/<id>/callbacks: clients who were missed and wait for a call; the whole team sees
them, takes them and says that one is not needed. And the report of what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import current_user

from blueprints.access import get_integration, protect
from blueprints.callback_lines import Reader, callback_line, spent
from blueprints.htmx import render, unchanged, wants_partial
from blueprints.reasons import Names
from forms.callbacks import DismissForm
from models import Integration
from services import callback_people, find_calls
from services.callback_lists import OPEN, SHOWN, find_callbacks
from services.callback_people import CallbackClosed, NoSuchCallback, TakenByAnother
from services.callback_report import make_report

bp = Blueprint("callbacks", __name__, url_prefix="/integrations/<int:id>/callbacks")
protect(bp)

PERIODS = (1, 7, 30)


@bp.get("")
def index(id: int) -> Response:
    integration = get_integration(id)
    shown = _shown(request.args.get("show", ""))
    number = request.args.get("page", 1, type=_page_number)
    page = find_callbacks(integration, shown, current_user.login_id, number)
    if wants_partial() and request.args.get("seen") == page.seen:
        return unchanged()
    names = Names(employees=find_calls.employee_names(id))
    reader = Reader(current_user.login_id, current_user.is_admin)
    lines = [
        callback_line(row, integration, names, page.now, reader, page.urls.get(row.contact, ""))
        for row in page.rows
    ]
    response = render(
        "callbacks/index.html",
        "callbacks/partials/list.html",
        integration=integration,
        shown=shown,
        page=page,
        lines=lines,
        address=lambda **more: _address(id, shown, **more),
        is_live=request.args.get("live") != "0",
    )
    if wants_partial() and "seen" not in request.args:
        response.headers["HX-Push-Url"] = _address(id, shown, page=number)
    return response


@bp.get("/report")
def report(id: int) -> Response:
    integration = get_integration(id)
    days = request.args.get("days", 7, type=int)
    days = days if days in PERIODS else 7
    return render(
        "callbacks/report.html",
        "callbacks/partials/report.html",
        integration=integration,
        days=days,
        periods=PERIODS,
        report=make_report(integration, days),
        names=Names(employees=find_calls.employee_names(id)),
        spent=spent,
    )


@bp.post("/<int:callback_id>/take")
def take(id: int, callback_id: int) -> Response:
    who, login_id = _me(), current_user.login_id
    return _act(id, lambda: callback_people.take(id, callback_id, login_id, who))


@bp.post("/<int:callback_id>/give-back")
def give_back(id: int, callback_id: int) -> Response:
    login_id = None if current_user.is_admin else current_user.login_id
    return _act(id, lambda: callback_people.give_back(id, callback_id, login_id))


@bp.post("/<int:callback_id>/restore")
def restore(id: int, callback_id: int) -> Response:
    return _act(id, lambda: callback_people.restore(id, callback_id))


@bp.get("/<int:callback_id>/dismiss")
def dismiss(id: int, callback_id: int) -> Response:
    integration = get_integration(id)
    form = DismissForm(formdata=None, why=pgettext("call-back", "Not needed"))
    return _dismiss_page(integration, callback_id, form)


@bp.post("/<int:callback_id>/dismiss")
def save_dismissal(id: int, callback_id: int) -> Response:
    integration, form = get_integration(id), DismissForm()
    if not form.validate():
        return _dismiss_page(integration, callback_id, form, status=422)
    why, who = str(form.why.data), _me()
    return _act(
        id,
        lambda: callback_people.dismiss(id, callback_id, who, why),
        told=_("Closed. It is among the closed ones, where it can be opened again."),
    )


def _act(id: int, act: Callable[[], None], told: str = "") -> Response:
    """Let somebody do something, say what came of it, and go back to where he was."""
    get_integration(id)
    try:
        act()
    except NoSuchCallback:
        abort(404)
    except CallbackClosed:
        flash(_("This call-back was closed or opened again meanwhile. The list is up to date."))
    except TakenByAnother as error:
        flash(_("%(who)s has already taken this call-back.", who=error.name), "error")
    else:
        if told:
            flash(told)
    shown = _shown(request.form.get("show", ""))
    response = redirect(_address(id, shown), 303)
    assert isinstance(response, Response)
    return response


def _dismiss_page(
    integration: Integration, callback_id: int, form: DismissForm, *, status: int = 200
) -> Response:
    try:
        row = callback_people.find(integration.id, callback_id)
    except NoSuchCallback:
        abort(404)
    return render(
        "callbacks/dismiss.html",
        "callbacks/partials/dismiss.html",
        status=status,
        integration=integration,
        callback=row,
        form=form,
    )


def _address(id: int, shown: str, *, page: int = 1, **more: str) -> str:
    values: dict[str, Any] = {**more}
    if shown != OPEN:
        values["show"] = shown
    if page > 1:
        values["page"] = page
    return url_for("callbacks.index", id=id, **values)


def _shown(text: str) -> str:
    return text if text in SHOWN else OPEN


def _me() -> str:
    return str(current_user.login.name or current_user.email)


def _page_number(text: str) -> int:
    return min(max(int(text), 1), 10_000)
