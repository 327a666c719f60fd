"""/console: the page that an employee keeps open, and what its cards store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from blueprints.access import get_integration, protect, visible_integrations
from blueprints.console_words import client_words, desk_lines, today_lines
from blueprints.dial_words import STORIES
from blueprints.htmx import render, unchanged, wants_partial
from forms.console import NoteForm
from models import db
from services import console_page, presence
from services.ask_client import AskedClient, NoSuchCall, ask_for_client, asked_client
from services.call_notes import save_note
from services.console_page import Desk

bp = Blueprint("console", __name__)
protect(bp)

CALL = "/integrations/<int:id>/console/calls/<call_session_id>"


@bp.get("/console")
def index() -> Response:
    desks = _desks()
    today = today_lines(console_page.calls_of_today(db.session(), desks, datetime.now(UTC)))
    if wants_partial() and request.args.get("seen") == today.seen:
        return unchanged()
    return render(
        "console/index.html",
        "console/partials/today.html",
        desks=desks,
        lines=desk_lines(desks),
        is_quiet=any(presence.read_do_not_disturb(db.engine, current_user.login_id).values()),
        today=today,
        dial_reasons={code: " ".join(map(str, story)) for code, story in STORIES.items()},
    )


@bp.get("/console/cards")
def cards() -> ResponseReturnValue:
    """The calls that ring or talk now: for pages that get no stream."""
    found = console_page.open_cards(db.session.connection(), _desks())
    return jsonify({"cards": found})


@bp.get(CALL)
def call(id: int, call_session_id: str) -> ResponseReturnValue:
    """What people have stored about a call: its note, and the client whom they asked for."""
    _own_desk(id, call_session_id)
    row = console_page.find_call(db.session(), id, call_session_id)
    if row is None:
        return jsonify({"note": "", "client": client_words(AskedClient("none"))})
    stands = asked_client(db.session.connection(), id, call_session_id)
    return jsonify({"note": row.note or "", "client": client_words(stands)})


@bp.post(f"{CALL}/note")
def note(id: int, call_session_id: str) -> ResponseReturnValue:
    _own_desk(id, call_session_id)
    form = NoteForm()
    if not form.validate():
        return jsonify({"errors": [str(e) for errors in form.errors.values() for e in errors]}), 422
    connection = db.session.connection()
    is_there = save_note(connection, id, call_session_id, form.note.data or "", by=_own_name())
    db.session.commit()
    if not is_there:
        abort(404)
    _ring()
    return _answer({"saved": True}, _("The note is saved."))


@bp.post(f"{CALL}/client")
def client(id: int, call_session_id: str) -> ResponseReturnValue:
    """Create a client with the caller's number, once, unless there is one by then."""
    desk = _own_desk(id, call_session_id)
    try:
        stands = ask_for_client(
            db.session.connection(),
            id,
            call_session_id,
            by=_own_name(),
            user_id=desk.user_id if desk else None,
        )
    except NoSuchCall:
        abort(404)
    db.session.commit()
    _ring()
    told = client_words(stands)
    return _answer(told, told["text"])


@bp.post("/console/do-not-disturb")
def do_not_disturb() -> ResponseReturnValue:
    """Cards stay silent in all of the person's offices, or sound again."""
    is_on = request.form.get("on") == "1"
    desks = _desks()
    db.session.rollback()
    for desk in desks:
        presence.set_do_not_disturb(
            db.engine,
            current_user.login_id,
            desk.integration_id,
            on=is_on,
            employee_id=desk.employee_id,
        )
    if wants_partial():
        return "", 204
    return redirect(url_for("console.index"), 303)


def _desks() -> list[Desk]:
    return console_page.find_desks(
        db.session(), visible_integrations(), current_user.login_id, current_user.email
    )


def _own_desk(integration_id: int, call_session_id: str) -> Desk | None:
    """The place of the person in this office. Somebody else's call is not there for an employee;
    an admin may speak of any."""
    get_integration(integration_id)
    desk = next((desk for desk in _desks() if desk.integration_id == integration_id), None)
    if current_user.is_admin:
        return desk
    if desk is None or not console_page.may_speak_of(db.session(), desk, call_session_id):
        abort(404)
    return desk


def _own_name() -> str:
    name: str = current_user.name or current_user.email
    return name


def _ring() -> None:
    current_app.extensions["ringer"].ring()


def _answer(told: dict[str, Any], text: str) -> ResponseReturnValue:
    """JSON for the page's script; without it a message and the page again."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(told)
    flash(text)
    return redirect(url_for("console.index"), 303)
