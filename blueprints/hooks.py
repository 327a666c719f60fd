"""/hooks/<token>: store a notification durably, ring, answer. Nothing else happens on this path."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from clients.notifications import UnreadableError, read
from models.notification import IGNORED, PENDING, REJECTED
from services.hook_access import Door
from services.inbox import NotStored

bp = Blueprint("hooks", __name__)

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
STORED = {word: json.dumps({"status": word}) for word in ("accepted", "duplicate", "ignored")}
LARGEST_BODY = 64 * 1024
RETRY_AFTER_SECONDS = 5


@bp.route("/hooks/<token>", methods=["GET", "POST"])
def receive(token: str) -> Response:
    door = _door(token)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return _answer(415, {"status": "rejected", "error": _error("compressed")})
    body = _body()
    if body is None:
        return _answer(413, {"status": "rejected", "error": _error("too_large")})
    try:
        reading = read(body, request.content_type, request.query_string)
    except UnreadableError as error:
        return _keep_unreadable(door, body, error)
    if not door.admits(reading.secret):
        abort(404)
    event = reading.event
    state = PENDING if event.is_used else IGNORED
    raw = None if event.is_used else _text(body or request.query_string, door)
    members = encode(event.members)
    is_new = _store(
        (
            door.integration_id,
            event.key,
            event.kind,
            event.call_session_id,
            state,
            members,
            raw,
            None,
        )
    )
    if is_new is None:
        return _unavailable()
    if event.is_used:
        current_app.extensions["ringer"].ring()
    word = "duplicate" if not is_new else "accepted" if event.is_used else "ignored"
    return Response(STORED[word], content_type="application/json")


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


def _keep_unreadable(door: Door, body: bytes, error: UnreadableError) -> Response:
    """Keep what cannot be read for a person. Where a secret is demanded, none came."""
    if door.require_secret:
        abort(404)
    raw = body or request.query_string
    key = "unreadable-" + hashlib.sha256(raw).hexdigest()[:48]
    row = (door.integration_id, key, "", None, REJECTED, "{}", _text(raw, door), error.code)
    if _store(row) is None:
        return _unavailable()
    return _answer(
        422, {"status": "rejected", "error": {"code": error.code, "message": str(error)}}
    )


def _store(row: tuple[Any, ...]) -> bool | None:
    """True if new, False if there already, None if the database is away."""
    try:
        stored: bool = current_app.extensions["inbox"].store(row)
    except NotStored:
        return None
    return stored


def _text(raw: bytes, door: Door) -> str:
    """Raw bytes as text that every database takes, without our secret."""
    text = raw.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text.replace(door.secret, "***")


def _unavailable() -> Response:
    response = _answer(503, {"status": "unavailable"})
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _error(code: str) -> dict[str, str]:
    messages = {
        "compressed": "Compressed bodies are not read.",
        "too_large": "The body is larger than 64 KiB.",
    }
    return {"code": code, "message": messages[code]}


def _answer(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
