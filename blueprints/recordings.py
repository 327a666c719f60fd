"""/recordings/<signed id>: the audio behind the links that the CRM's history carries."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from flask import Blueprint, Response, abort, current_app, request
from flask_login import current_user

from clients.errors import ClientError
from clients.http import Stream
from models import db
from services.find_calls import find_own_employee_id
from services.play_recording import Playable, find_recording, open_recording

bp = Blueprint("recordings", __name__)
logger = logging.getLogger(__name__)

PASSED_ON = ("content-range", "accept-ranges", "content-length")


@bp.get("/recordings/<signed>")
def play(signed: str) -> Response:
    ports = current_app.extensions["ports"]
    playable = find_recording(db.session(), signed, ports)
    if playable is None or not (playable.is_open or _may_listen(playable)):
        abort(404)
    db.session.remove()
    try:
        stream = open_recording(playable, request.headers.get("Range"), ports)
    except ClientError as error:
        logger.warning("recording of call %s: %s", playable.call_session_id, error.code)
        abort(503)
    audio_type = _audio_type(stream)
    if stream.status not in (200, 206, 416) or audio_type is None:
        stream.close()
        abort(404)
    logger.info("recording of call %s played", playable.call_session_id)
    response = Response(_chunks(stream), stream.status, mimetype=audio_type)
    for name in PASSED_ON:
        if name in stream.headers:
            response.headers[name] = stream.headers[name]
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _may_listen(playable: Playable) -> bool:
    """After the link's time a login with the right may still listen."""
    if not current_user.is_authenticated or not current_user.may_see(playable.integration_id):
        return False
    if current_user.is_admin:
        return True
    own = find_own_employee_id(playable.integration_id, current_user.email)
    return own is not None and own in playable.participants


def _audio_type(stream: Stream) -> str | None:
    """Only audio is passed on; None for a page or another thing in its place."""
    told = stream.headers.get("content-type", "").split(";")[0].strip().lower()
    if told in ("", "application/octet-stream", "binary/octet-stream"):
        return "audio/mpeg"
    return told if told.startswith("audio/") else None


def _chunks(stream: Stream) -> Iterator[bytes]:
    try:
        yield from stream
    except ClientError as error:
        logger.warning("a recording broke off: %s", error.code)
