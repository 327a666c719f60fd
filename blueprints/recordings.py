"""/recordings/<signed id>: the audio behind the links that the CRM's history carries."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, current_app, request
from flask_login import current_user

from models import db
from services.find_calls import find_own_employee_id
from services.play_recording import Playable, RecordingAway, find_recording, open_recording

bp = Blueprint("recordings", __name__)
logger = logging.getLogger(__name__)


@bp.get("/recordings/<signed>")
def play(signed: str) -> Response:
    ports = current_app.extensions["ports"]
    playable = find_recording(db.session(), signed, ports)
    if playable is None or not (playable.is_open or _may_listen(playable)):
        abort(404)
    db.session.remove()  # nothing of the database is held while the audio is passed on
    try:
        audio = open_recording(playable, request.headers.get("Range"), ports)
    except RecordingAway:
        abort(503)
    if audio is None:
        abort(404)
    logger.info("recording of call %s played", playable.call_session_id)
    response = Response(audio.chunks, audio.status, mimetype=audio.audio_type)
    response.headers.extend(audio.headers)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _may_listen(playable: Playable) -> bool:
    """After the link's time a login with the right may still listen."""
    if not current_user.is_authenticated or not current_user.may_see(playable.integration_id):
        return False
    if current_user.is_admin:
        return True
    own = find_own_employee_id(playable.integration_id, current_user.login_id, current_user.email)
    return own is not None and own in playable.participants
