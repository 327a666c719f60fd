"""/api/v1/calls: what the CRM asks of us and may know of a call (errors: api_access.py)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app

from blueprints.api_access import (
    ApiError,
    answer,
    api_integration_id,
    invalid,
    keyed,
    read_json,
)
from models import db
from services.call_json import call_as_json, find_session
from services.click_calls import Wanted, ask_call
from services.click_json import click_as_call
from services.click_links import LINKS

bp = Blueprint("api", __name__, url_prefix="/api/v1")
keyed(bp)

LONGEST = {"request_id": 100, "user_id": 100, "phone": 100}
LONGEST_LINK = 100


@bp.post("/calls")
def start_call() -> Response:
    """Ring the user's phone, then the client's. Answers as soon as the PBX has taken the call."""
    body = read_json()
    wrong = [
        (name, f"A text of 1 to {longest} signs is needed.")
        for name, longest in LONGEST.items()
        if not _is_text(body.get(name), longest)
    ]
    links = body.get("links")
    if links is not None and not _are_links(links):
        wrong.append(("links", f"An object of texts: {', '.join(LINKS)}."))
    if wrong:
        raise invalid(*wrong)
    wanted = Wanted(
        integration_id=api_integration_id(),
        request_id=body["request_id"],
        phone=body["phone"],
        origin="api",
        crm_user_id=body["user_id"],
        links={name: value for name, value in (links or {}).items() if name in LINKS and value},
    )
    told = ask_call(db.session(), wanted, current_app.extensions["ports"])
    return answer(told.status, told.body)


@bp.get("/calls/<call_session_id>")
def show_call(call_session_id: str) -> Response:
    """State, decisions and what was created. A call by a click is known before it has begun."""
    session, integration_id = db.session(), api_integration_id()
    call = find_session(session, integration_id, call_session_id)
    if call is not None:
        return answer(200, call_as_json(session, call))
    begun = click_as_call(session, integration_id, call_session_id)
    if begun is None:
        raise ApiError(404, "not_found", "There is no such call.")
    return answer(200, begun)


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest


def _are_links(links: Any) -> bool:
    return isinstance(links, dict) and all(
        links.get(name) is None or _is_text(links[name], LONGEST_LINK) for name in LINKS
    )
