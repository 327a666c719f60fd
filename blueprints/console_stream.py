"""/console/stream: what happens on one's own phones, as server-sent events.

`snapshot` tells how things stand, silently; `card`, `dial`, `callbacks` and `presence` what is new.
`Last-Event-ID` (the browser's own header, or `?last=`) brings what came since.
"""

from __future__ import annotations

import json
import random
import select
from collections.abc import Iterator
from functools import partial
from queue import Empty
from socket import socket
from time import monotonic

from flask import Blueprint, Response, abort, current_app, request
from flask_login import current_user
from sqlalchemy.engine import Engine

from blueprints.access import is_inside, visible_integrations
from models import db
from services import console_events
from services.card_view import told_now
from services.console_catch_up import missed, snapshot
from services.console_hub import Hub, Listener, NoRoom, Told
from services.console_passes import SESSION, Pass
from services.database_clock import DatabaseClock
from services.find_calls import find_own_employee_id
from services.vault import token_hash

bp = Blueprint("console_stream", __name__)

EVENTS = "text/event-stream; charset=utf-8"
HEARTBEAT_SECONDS = 15.0
# Then the browser comes again by itself: whose employee somebody is may have changed.
STREAM_SECONDS = 900.0
HUNG_UP = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
TRY_AGAIN_SECONDS = 20
# Those whom a restart has cut off do not all come back in the same moment.
COME_BACK_MS = (1000, 4000)


@bp.get("/console/stream")
def stream() -> Response:
    """The stream of the one who asks: 401 for strangers, 503 while there is no room."""
    return open_stream(who_listens() or abort(401))


def open_stream(listener: Listener) -> Response:
    """The events of this listener from now on; 503 while there is no room."""
    db.session.close()  # an open stream holds no connection, and opening it needs one at a time
    listener.is_gone = partial(has_hung_up, request.environ.get("gunicorn.socket"))
    hub: Hub = current_app.extensions["console_hub"]
    try:
        hub.open(listener)
    except NoRoom:
        return _no_room()
    try:
        first = _first(listener)
        clock = DatabaseClock(db.engine)
    except BaseException:
        hub.close(listener)
        raise
    response = Response(_Lines(hub, listener, first, clock), content_type=EVENTS)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def who_listens() -> Listener | None:
    """By what right and to whose events the request listens; None without a right."""
    if not is_inside():
        return None
    ears = frozenset(
        (
            integration.id,
            find_own_employee_id(integration.id, current_user.login_id, current_user.email),
        )
        for integration in visible_integrations()
    )
    return Listener(current_user.login_id, Pass(SESSION, token_hash(current_user.token)), ears)


def has_hung_up(connection: socket | None) -> bool:
    """Whether the other side has closed the connection; unknown (None) counts as no."""
    if connection is None:
        return False
    watch = select.poll()
    try:
        watch.register(connection, HUNG_UP)
        return bool(watch.poll(0))
    except ValueError:  # closed on our side meanwhile
        return True


def _first(listener: Listener) -> list[Told]:
    """What the page is told at once."""
    engine: Engine = db.engine
    last = request.headers.get("Last-Event-ID") or request.args.get("last") or ""
    since = (
        missed(engine, listener.ears, int(last)) if last.isdecimal() and len(last) < 19 else None
    )
    return [snapshot(engine, listener.login_id, listener.ears)] if since is None else since


def _no_room() -> Response:
    """So many consoles are open here that more would keep notifications waiting."""
    response = Response(status=503)
    response.headers["Retry-After"] = str(TRY_AGAIN_SECONDS)
    return response


class _Lines:
    """The lines of one stream; closed when the browser has gone or the server stops."""

    def __init__(
        self, hub: Hub, listener: Listener, first: list[Told], clock: DatabaseClock
    ) -> None:
        self._hub = hub
        self._listener = listener
        self._first = first
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        yield f"retry: {random.randint(*COME_BACK_MS)}\n\n".encode()
        for told in self._first:
            yield self._line(told)
        self._first = []
        ends_at = monotonic() + STREAM_SECONDS
        while monotonic() < ends_at:
            try:
                news = self._listener.queue.get(timeout=HEARTBEAT_SECONDS)
            except Empty:
                yield b":\n\n"
                continue
            if news is None:
                return
            yield self._line(news)

    def close(self) -> None:
        self._hub.close(self._listener)

    def _line(self, told: Told) -> bytes:
        now = self._clock.now_ms()
        data = told_now(told.data, now) if told.kind == console_events.CARD else told.data
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return f"id: {told.id}\nevent: {told.kind}\ndata: {text}\n\n".encode()
