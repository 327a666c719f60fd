"""Error pages: what happened, what it means for calls, what to do, an id for support."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

from flask import Blueprint, Response, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, NotFound

from blueprints.access import PROTECTED
from blueprints.api_access import api_answer, is_api_path
from blueprints.htmx import wants_partial
from blueprints.kept_forms import KEPT, is_from_our_page, keep_posted
from blueprints.refusals import note_refusal
from models import db

logger = logging.getLogger(__name__)
bp = Blueprint("errors", __name__)

CALLS_GO_ON = _l("Nothing: calls are received and written as usual.")


@dataclass(frozen=True)
class Trouble:
    title: LazyString
    happened: LazyString
    todo: LazyString
    means: LazyString = CALLS_GO_ON


TROUBLES = {
    400: Trouble(
        _l("The request could not be read"),
        _l("The browser sent something that we do not understand."),
        _l("Go back, reload the page and try again."),
    ),
    403: Trouble(
        _l("This page is for administrators"),
        _l("Your login may not open this page."),
        _l("Ask the administrator of the integration for access."),
    ),
    404: Trouble(
        _l("There is no such page"),
        _l("The address is wrong, or what it named is gone or belongs to another integration."),
        _l("Check the address or start from the list of calls."),
    ),
    413: Trouble(
        _l("That is too much at once"),
        _l("What was sent is larger than we accept."),
        _l("Send a smaller file or a shorter text."),
    ),
    500: Trouble(
        _l("Something broke on our side"),
        _l("The page could not be shown because of an error in the program."),
        _l("Try again in a minute. If it stays, send the error id to support."),
        _l("Calls are received and kept. What could not be written is tried again by itself."),
    ),
    503: Trouble(
        _l("The server is not ready for a moment"),
        _l("The database or another part is just starting or restarting."),
        _l("Reload the page in half a minute."),
        _l("CallGear's notifications may be late; missing calls are taken in from its report."),
    ),
}
FORM_TOO_OLD = Trouble(
    _l("The form is no longer valid"),
    _l("The page was open for too long, or you have logged in again in another tab."),
    _l("Go back, reload the page and send the form again."),
)
MACHINE_PATHS = ("/hooks/", "/api/", "/recordings/", "/healthz", "/readyz", "/metrics")


@bp.app_errorhandler(CSRFError)
def csrf_failed(error: CSRFError) -> ResponseReturnValue:
    """A form of an older session. What was typed is filled in again if one of our own pages has
    sent it; the script of a page asks for a new token."""
    note_refusal(400)
    is_ours = current_user.is_authenticated and request.blueprint in PROTECTED
    if is_ours and is_from_our_page() and not wants_partial():
        page = keep_posted(current_user.login_id)
        if session.pop("kept_form", None) == KEPT:
            return redirect(page, 303)
    text, status = _page(400, FORM_TOO_OLD)
    return text, status, {"X-Form-Token": "refused"}


@bp.app_errorhandler(HTTPException)
def http_error(error: HTTPException) -> tuple[str, int] | Response | HTTPException:
    if is_api_path():
        return api_answer(error)
    if error.code in (401, 403):
        note_refusal(error.code)
    trouble = TROUBLES.get(error.code or 500)
    is_machine = _is_machine_lost() if error.code == 404 else _is_machine_path()
    if trouble is None or is_machine:
        return error
    return _page(error.code or 500, trouble)


def _is_machine_lost() -> bool:
    """Whether a program is at an unknown address; a browser says that it takes HTML. The path makes
    no difference, so that nobody can tell a wrong webhook from any wrong address."""
    return "text/html" not in request.headers.get("Accept", "") and not wants_partial()


def _is_machine_path() -> bool:
    return request.path.startswith(MACHINE_PATHS)


@bp.app_errorhandler(DataError)
def unstorable(error: DataError) -> tuple[str, int] | Response | HTTPException:
    """Something that no row can hold, such as a NUL sign: an address that names nothing, or a form
    that no browser of a person sends."""
    db.session.rollback()
    logger.warning("refused: %s %s", request.method, request.endpoint)
    return http_error(NotFound() if request.method in ("GET", "HEAD") else BadRequest())


@bp.app_errorhandler(InternalServerError)
def broken(error: InternalServerError) -> tuple[str, int] | Response | HTTPException:
    """The log line carries the id that the page shows; the page asks the database for nothing."""
    g.is_broken = True
    error_id = secrets.token_hex(4)
    logger.error("page failed: error %s, %s %s", error_id, request.method, request.endpoint)
    if is_api_path():
        return api_answer(error)
    if _is_machine_path():
        return error
    return _page(500, TROUBLES[500], error_id)


def _page(status: int, trouble: Trouble, error_id: str = "") -> tuple[str, int]:
    page = "partials/error.html" if wants_partial() else "error.html"
    # An address that is not there is no error of ours: nothing to look for, nothing to tell apart.
    error_id = error_id or ("" if status == 404 else secrets.token_hex(4))
    return render_template(page, trouble=trouble, error_id=error_id, status=status), status
