"""/recordings/<signed id>: the audio behind the links that the CRM's history carries."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, current_app, request
from flask_login import current_user
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from blueprints.access import is_inside
from blueprints.recording_words import RECORDING_STATES
from models import db
from rules.byte_ranges import PROBE
from rules.recording_states import RecordingState
from services.find_calls import find_own_employee_id
from services.play_recording import Audio, NotPlayable, Playable, find_recording, open_recording
from services.recording_accesses import Listened, Listener, NotedBody, note_access
from services.saying import about_call

STATE = "X-Recording"  # why it cannot be heard: read by static/player.js
RETRY_SECONDS = {RecordingState.PREPARING: 60, RecordingState.AWAY: 15}

bp = Blueprint("recordings", __name__)
logger = logging.getLogger(__name__)


@bp.get("/recordings/<signed>")
def play(signed: str) -> Response:
    ports = current_app.extensions["ports"]
    playable = find_recording(db.session(), signed, ports)
    if playable is None or not (playable.is_open or _may_listen(playable)):
        abort(404)
    listened = Listened(
        playable.integration_id, playable.call_session_id, playable.record, _listener()
    )
    db.session.remove()  # nothing of the database is held while the audio is passed on
    try:
        with about_call(playable.integration_id, playable.call_session_id):
            audio = open_recording(playable, request.headers.get("Range"), ports)
    except NotPlayable as trouble:
        return _not_playable(trouble.state)
    return _answer(audio, listened)


def _answer(audio: Audio, listened: Listened) -> Response:
    engine, is_probe = db.engine, request.headers.get("Range") == PROBE or audio.status == 416

    def note() -> None:
        if not is_probe:
            _note(engine, listened)

    if request.method == "HEAD":
        audio.close()
    body = NotedBody(audio.chunks, note, audio.close)
    response = Response(body, audio.status, mimetype=audio.audio_type)
    response.headers.extend(audio.headers)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _note(engine: Engine, listened: Listened) -> None:
    """What cannot be written down is at least said; the listener does not suffer for it."""
    with about_call(listened.integration_id, listened.call_session_id):
        try:
            note_access(engine, listened)
        except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error):
            logger.exception("a listening to call %s was not noted", listened.call_session_id)
        logger.info("recording of call %s played", listened.call_session_id)


def _not_playable(state: RecordingState) -> Response:
    """A sentence for who followed the link, the bare word for our player."""
    status = 503 if state is RecordingState.AWAY else 404
    response = Response(str(RECORDING_STATES[state]), status, mimetype="text/plain")
    response.headers[STATE] = state.value
    if state in RETRY_SECONDS:
        response.headers["Retry-After"] = str(RETRY_SECONDS[state])
    return response


def _listener() -> Listener:
    address = (request.remote_addr or "")[:64] or None
    if not current_user.is_authenticated:
        return Listener(None, None, address)
    return Listener(current_user.login_id, current_user.email, address)


def _may_listen(playable: Playable) -> bool:
    """After the link's time a login with the right may still listen."""
    if not is_inside() or not current_user.may_see(playable.integration_id):
        return False
    if current_user.is_admin:
        return True
    own = find_own_employee_id(playable.integration_id, current_user.login_id, current_user.email)
    return own is not None and own in playable.participants
