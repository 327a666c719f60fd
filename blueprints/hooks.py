"""/hooks/<token>: store a notification durably, ring, answer. Nothing else happens on this path."""

from __future__ import annotations

import json
import logging
from time import perf_counter
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from services import meters
from services.hook_access import Door
from services.inbox import NotStored
from services.receive import Receipt, receive

bp = Blueprint("hooks", __name__)
logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
RETRY_AFTER_SECONDS = 5
# What is counted of an answer; a 200 by what became of the notification.
ANSWERS = {413: "rejected", 415: "rejected", 422: "rejected", 503: "unavailable"}
STORED = {each: json.dumps({"status": str(each)}) for each in Receipt}


@bp.route("/hooks/<token>", methods=["GET", "POST"])
def take(token: str) -> Response:
    began, answer = perf_counter(), "refused"
    try:
        response = _take(token)
        answer = ANSWERS.get(response.status_code) or str(g.receipt)
        return response
    except HTTPException as error:
        answer = "refused" if error.code == 404 else "unavailable"
        raise
    finally:
        meters.observe("hook_seconds", answer, seconds=perf_counter() - began)


def _take(token: str) -> Response:
    door = _door(token)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return _rejected(415, "compressed", "Compressed bodies are not read.")
    body = _body()
    if body is None:
        return _rejected(413, "too_large", "The body is larger than 64 KiB.")
    extensions = current_app.extensions
    try:
        receipt, unread = receive(
            extensions["inbox"], door, body, request.content_type, request.query_string
        )
    except NotStored:
        logger.warning("a notification for integration %s is not stored", door.integration_id)
        return _unavailable()
    if unread is not None:
        return _rejected(422, unread.code, unread.message)
    if receipt is Receipt.REFUSED:
        abort(404)
    g.receipt = receipt
    if receipt is Receipt.ACCEPTED:
        extensions["ringer"].ring()
    return Response(STORED[receipt], content_type="application/json")


def _door(token: str) -> Door:
    """The door of a token; anything else is the same 404 as any unknown path."""
    try:
        door: Door | None = current_app.extensions["hook_access"].find(token)
    except SQLAlchemyError:
        abort(_unavailable())
    if door is None or not door.admits_source(request.remote_addr):
        abort(404)
    return door


def _body() -> bytes | None:
    """The body, None if it is too large; a body of unknown length is read up to the limit."""
    if (request.content_length or 0) > LARGEST_BODY:
        return None
    body = request.stream.read(LARGEST_BODY + 1)
    return body if len(body) <= LARGEST_BODY else None


def _rejected(status: int, code: str, message: str) -> Response:
    return _answer(status, {"status": "rejected", "error": {"code": code, "message": message}})


def _unavailable() -> Response:
    response = _answer(503, {"status": "unavailable"})
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _answer(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
