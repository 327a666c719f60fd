"""/embed.js, and the addresses that it asks from pages of other origins, by its own key.

No cookie opens them. Only pages of origins that an admin has named are answered at all.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from blueprints.api_access import CODES, KEYED, ApiError, answer, api_answer, invalid, read_json
from blueprints.console_stream import open_stream
from blueprints.dial_words import describe
from blueprints.embed_script import embed_script
from blueprints.language import LOCALES
from models import ClickCall, Integration, db
from models.integration import LIVE
from rules.origins import is_allowed
from services import console_tokens, embed_pages
from services.click_calls import Wanted, ask_call
from services.console_hub import Listener
from services.console_passes import TOKEN, Pass
from services.console_tokens import Bearer
from services.dial_progress import known_progress
from services.find_calls import find_own_employee_id

bp = Blueprint("embed_api", __name__)
KEYED.add(bp.name)  # no cookie, so no form token: the key in the header cannot be sent by others

SCRIPT_SECONDS = 300
PREFLIGHT_SECONDS = 600
CORS = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type, last-event-id",
    "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
}
bp.register_error_handler(ApiError, api_answer)


@bp.get("/embed.js")
def script() -> Response:
    response = Response(embed_script(), mimetype="text/javascript")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = f"public, max-age={SCRIPT_SECONDS}"
    return response


@bp.before_request
def preflight() -> Response | None:
    """A browser asks first whether a page of its origin may ask at all."""
    if request.method != "OPTIONS":
        return None
    id = (request.view_args or {}).get("id")
    if id is None or not _may_ask(id):
        abort(404)
    return Response(status=204, headers=CORS)


@bp.post("/embed/<int:id>/calls")
def call(id: int) -> ResponseReturnValue:
    """`{"request_id", "phone"}`: call this number for the key's owner, once per request id."""
    bearer = _bearer(id)
    body = read_json()
    request_id, phone = body.get("request_id"), body.get("phone")
    if not isinstance(request_id, str) or not 0 < len(request_id) <= 64:
        raise invalid(("request_id", "A text of 1 to 64 characters."))
    if not isinstance(phone, str) or not 0 < len(phone) <= 60:
        raise invalid(("phone", "A phone number."))
    wanted = Wanted(
        integration_id=id,
        request_id=_own_request(bearer, request_id),
        phone=phone,
        origin="embed",
        employee_id=find_own_employee_id(id, bearer.login_id, bearer.email),
        login_id=bearer.login_id,
    )
    made = ask_call(db.session(), wanted, current_app.extensions["ports"])
    return _told(bearer, made.row_id, made.status)


@bp.get("/embed/<int:id>/calls/<int:row_id>")
def watch(id: int, row_id: int) -> ResponseReturnValue:
    """How a call stands that this person has asked for, in words."""
    return _told(_bearer(id), row_id, 200)


@bp.get("/embed/<int:id>/stream")
def stream(id: int) -> Response:
    """The console's stream for this key: the same events as on /console."""
    bearer = _bearer(id)
    ear = (id, find_own_employee_id(id, bearer.login_id, bearer.email))
    return open_stream(Listener(bearer.login_id, Pass(TOKEN, bearer.token_hash), frozenset({ear})))


@bp.delete("/embed/<int:id>/key")
def sign_out(id: int) -> Response:
    """The page gives its key back."""
    bearer = _bearer(id)
    embed_pages.take_back_own(db.session(), bearer.login_id, bearer.token_id)
    return Response(status=204)


@bp.after_request
def answer_the_page(response: Response) -> Response:
    """What a page may read: only that of an allowed origin, and never by a cookie."""
    if request.endpoint == "embed_api.script":
        return response
    response.vary.add("Origin")
    id = (request.view_args or {}).get("id")
    if id is not None and _may_ask(id):
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _bearer(integration_id: int) -> Bearer:
    """Whose key opens this request. Raises ApiError 401."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    origin = request.headers.get("Origin")
    found = None
    if scheme.lower() == "bearer" and key.strip():
        wanted = current_app.extensions["config"].second_step
        found = console_tokens.find_bearer(
            db.session(), key.strip(), integration_id, origin, second_step=wanted
        )
    if found is None:
        raise ApiError(401, "unauthorized", "This key does not open the console.")
    return found


def _told(bearer: Bearer, row_id: int, status: int) -> Response:
    """`{"id", "text", "is_over"}` in the language of the page."""
    row = db.session.get(ClickCall, row_id)
    own = (bearer.integration_id, bearer.login_id)
    if row is None or (row.integration_id, row.login_id) != own:
        raise ApiError(404, *CODES[404])
    with force_locale(_locale()):
        shown = describe(row, known_progress(db.session(), row))
        words = (str(shown.word.label), shown.text, shown.todo)
    text = ". ".join(part.rstrip(".") for part in words if part)
    return answer(status, {"id": row_id, "text": f"{text}.", "is_over": shown.is_final})


def _own_request(bearer: Bearer, request_id: str) -> str:
    """Ids of pages are their owner's: nobody meets another's answer by naming his id."""
    return f"e{bearer.login_id}-{request_id}"


def _may_ask(integration_id: int) -> bool:
    if "may_ask" not in g:
        query = db.select(Integration.allowed_origins).where(Integration.id == integration_id, LIVE)
        allowed = db.session.execute(query).scalar() or []
        g.may_ask = is_allowed(request.headers.get("Origin"), allowed)
    found: bool = g.may_ask
    return found


def _locale() -> str:
    names = [code for code, _name in LOCALES]
    default = current_app.extensions["config"].default_locale
    return request.accept_languages.best_match(names, default) or default
