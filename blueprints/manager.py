"""/hooks/<token>/manager: whom a caller is put through to. A good token gets a 200 within a second.

The PBX asks while the caller waits, so nothing here waits long: not for the database, not for the
CRM, not for the rest of a body.
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
from time import monotonic

from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from services import meters
from services.bounded import Bounded, Busy, TimeUp
from services.hook_access import Door, HookAccess
from services.manager_desk import ManagerDesk

bp = Blueprint("manager", __name__)

LARGEST_BODY = 16 * 1024
BODY_SECONDS = 0.25
OLD_SECONDS = 15.0
DOOR_SECONDS = 0.2
FIRST_DOOR_SECONDS = 0.6  # of an address that this process has never seen
UNAVAILABLE = json.dumps({"status": "unavailable"})


@bp.route("/hooks/<token>/manager", methods=["GET", "POST"])
def answer(token: str) -> Response:
    began, word = monotonic(), "unavailable"
    try:
        response = _answer(token, began)
        word = "answered"
        return response
    except HTTPException as error:
        word = "refused" if error.code == 404 else "unavailable"
        raise
    finally:
        meters.observe("manager_seconds", word, seconds=monotonic() - began)


def _answer(token: str, began: float) -> Response:
    desk: ManagerDesk = current_app.extensions["manager_desk"]
    door = _door(token, desk.waiting)
    question = desk.read(_body(desk.waiting), request.query_string)
    if question.secret is not None and not door.admits(question.secret):
        abort(404)
    told = desk.answer(door.integration_id, question, began=began)
    return Response(json.dumps(told), content_type="application/json")


def _door(token: str, pool: Bounded) -> Door:
    """The door of a token; anything else is the same 404 as any unknown path.

    One that was read some seconds ago is used and read again beside the answer; an older one only
    while the database is away or slow.
    """
    access: HookAccess = current_app.extensions["hook_access"]
    door = access.remembered(token)
    if door is None and (door := access.remembered(token, seconds=OLD_SECONDS)):
        with contextlib.suppress(Busy):
            pool.start_once(token, lambda: access.find(token))
    if door is None:
        door = access.remembered(token, seconds=math.inf)
        try:
            seconds = DOOR_SECONDS if door else FIRST_DOOR_SECONDS
            door = pool.run(lambda: access.find(token), seconds)
        except (TimeUp, SQLAlchemyError):
            if door is None:
                abort(Response(UNAVAILABLE, 503, {"Retry-After": "5"}))
    if door is None or not door.admits_source(request.remote_addr):
        abort(404)
    return door


def _body(pool: Bounded) -> bytes:
    """The body as far as it has come in time; what is too large or compressed is not read."""
    length = request.content_length
    is_plain = request.headers.get("Content-Encoding", "identity").lower() == "identity"
    if not is_plain or (length or 0) > LARGEST_BODY:
        return b""
    if not length and "Transfer-Encoding" not in request.headers:
        return b""
    stream = request.stream
    try:
        return pool.run(lambda: stream.read(LARGEST_BODY), BODY_SECONDS)
    except TimeUp:
        _stop_reading()
        return b""
    except (OSError, ValueError):
        return b""


def _stop_reading() -> None:
    """Give up on a body that does not end: whoever reads it sees its end; we can still answer."""
    connection = request.environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RD)
