"""A gunicorn worker that gives no thread to a client who is slow, and never waits for one itself.

A connection waits in the poller until a request's head and, if it is small, its body have come.
What has to be read while it comes gets a part of the threads only, and a time. A connection that is
to be closed lingers in the poller too (gunicorn's own worker waits two seconds for each).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import resource
import selectors
import socket
import struct
import termios
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import takewhile
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from runtime.arrival import LARGEST_WHOLE, Arrival, Stage, look
from runtime.whole_bodies import WholeBodies

HEAD_SECONDS = 10.0
BODY_SECONDS = 0.2  # then it is read while it comes: an answer may not need it
SLOW_SECONDS = 20.0
SLOW_SHARE = 4  # of the threads, one in so many may wait for a body
SEND_SECONDS = 20
SEND_BYTES = 200_000
MOST_UNSENT = 64 * 1024
LINGER_SECONDS = 2.0
SPARE_CONNECTIONS = 50
LOOK_SECONDS = 0.1
LAST_SECONDS = 0.5
FIRST_LOOK = 16 * 1024
PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT


class PatientWorker(ThreadWorker):
    """Connections are in the pool of threads, kept alive, or in one of these."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Each in the order of its deadline. Of an arriving one the head may be there (`_headed`).
        self._arriving: dict[Any, float] = {}
        self._headed: dict[Any, float] = {}
        self._lingering: dict[Any, float] = {}
        self._reading: dict[Any, float] = {}  # in a thread, its body still coming
        self._in_line: deque[Any] = deque()  # for a thread to read a body with

    def init_process(self) -> None:
        # What is accepted inherits it: the kernel takes an ordinary page as a whole, and who does
        # not take a longer one is given up.
        for listener in self.sockets:
            option = struct.pack("ll", SEND_SECONDS, 0)
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, option)
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        _allow_many_files()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Any = WholeBodies(self.app.wsgi())

    def accept(self, listener: Any) -> None:
        self._make_room()
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise

    def enqueue_req(self, conn: Any) -> None:
        """Gunicorn's word for: a connection is new, or has become readable."""
        try:
            seen = self._seen(conn)
            if seen is None:
                self._drop(conn)
            else:
                self._take(conn, look(seen))
        except OSError:  # the other side has closed or reset it
            self._drop(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        try:
            return super().handle_request(req, conn)
        except BlockingIOError as error:  # SO_SNDTIMEO: nobody took the answer
            raise OSError(errno.EPIPE, "the answer was not taken") from error

    def finish_request(self, conn: Any, fs: Any) -> None:
        if self._reading.pop(conn, None) is not None and self._in_line:
            self._start_reading(self._in_line.popleft())
        is_kept = not fs.cancelled() and fs.exception() is None and fs.result()
        if is_kept:
            super().finish_request(conn, fs)
        else:
            self._linger(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        is_busy = self._headed or self._reading or self._in_line or not self.alive
        super().wait_for_and_dispatch_events(min(timeout, LOOK_SECONDS) if is_busy else timeout)
        self._look_at_the_clock()

    def _take(self, conn: Any, arrival: Arrival) -> None:
        if conn.initialized and _unsent(conn.sock) > MOST_UNSENT:
            self._drop(conn)  # asks for more and more without taking any of it
            return
        match arrival.stage:
            case Stage.HEAD:
                self._wait(conn, arrival.wanted, self._arriving, HEAD_SECONDS)
            case Stage.BODY:
                self._wait(conn, arrival.wanted, self._headed, BODY_SECONDS)
            case Stage.WHOLE:
                self._unwatch(conn)
                self._start(conn)
            case Stage.PARTLY:
                self._hand_over_slow(conn)
            case Stage.TOO_LONG:
                self._drop(conn)

    def _seen(self, conn: Any) -> bytes | None:
        """What has come and is not read yet; None at the end."""
        left = _left(conn)
        try:
            came = conn.sock.recv(FIRST_LOOK, PEEK)
            if len(came) == FIRST_LOOK:
                came = conn.sock.recv(LARGEST_WHOLE, PEEK)
        except BlockingIOError:
            return left
        return left + came if came else None

    def _wait(self, conn: Any, wanted: int, waiting: dict[Any, float], seconds: float) -> None:
        """Until enough has come that it is worth looking again, or time is up."""
        wanted -= len(_left(conn))
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, wanted)
        if conn in waiting:
            return
        if self._arriving.pop(conn, None) is None:
            conn.sock.setblocking(False)
            self._watch(conn, partial(self._came, conn))
        waiting[conn] = monotonic() + seconds

    def _came(self, conn: Any, _file: Any) -> None:
        """As much as was waited for, or the end: then nothing more is to be waited for."""
        wanted = conn.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        try:
            is_there = len(conn.sock.recv(wanted, PEEK)) == wanted
        except OSError:
            is_there = False
        if is_there:
            self.enqueue_req(conn)
        elif conn in self._headed:
            self._hand_over_slow(conn)
        else:
            self._drop(conn)

    def _start(self, conn: Any) -> None:
        conn.data_ready = True
        super().enqueue_req(conn)

    def _hand_over_slow(self, conn: Any) -> None:
        self._unwatch(conn)
        if len(self._reading) < max(1, self.cfg.threads // SLOW_SHARE):
            self._start_reading(conn)
        else:
            conn.timeout = monotonic() + SLOW_SECONDS
            self._in_line.append(conn)

    def _start_reading(self, conn: Any) -> None:
        self._reading[conn] = monotonic() + SLOW_SECONDS
        self._start(conn)

    def _linger(self, conn: Any) -> None:
        """Half close, and let the other side read the answer before the rest is closed."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self._watch(conn, partial(self._drain, conn))
        except (OSError, ValueError):
            self._close(conn)
            return
        self._lingering[conn] = monotonic() + LINGER_SECONDS

    def _drain(self, conn: Any, _file: Any) -> None:
        with contextlib.suppress(OSError):
            if conn.sock.recv(LARGEST_WHOLE):
                return
        self._drop(conn)

    def _make_room(self) -> None:
        """Before connections run out the one that has said nothing for longest has to go."""
        if self.nr_conns < self.worker_connections - SPARE_CONNECTIONS:
            return
        for waiting in (self._lingering, self._arriving):
            if waiting:
                self._drop(next(iter(waiting)))
                return
        if self.keepalived_conns:
            self._drop(self.keepalived_conns.popleft())

    def _look_at_the_clock(self) -> None:
        now = monotonic()
        for conn in _over(self._headed, now):
            self._hand_over_slow(conn)
        # A server that stops waits no longer for what has not begun.
        late = now if self.alive else now + HEAD_SECONDS - LAST_SECONDS
        for conn in [*_over(self._arriving, late), *_over(self._lingering, now)]:
            self._drop(conn)
        for conn in _over(self._reading, now):
            del self._reading[conn]
            self._reading[conn] = now + SLOW_SECONDS
            # Whoever reads it sees the end of it and can still answer.
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)
        while self._in_line and self._in_line[0].timeout < now:
            self._drop(self._in_line.popleft())

    def _watch(self, conn: Any, callback: Callable[[Any], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, callback)

    def _unwatch(self, conn: Any) -> None:
        """Take it out of everything; from now on each byte counts again."""
        is_waiting = [each.pop(conn, None) for each in (self._arriving, self._headed)]
        if any(is_waiting):
            self.poller.unregister(conn.sock)
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)

    def _drop(self, conn: Any) -> None:
        for waiting in (self._arriving, self._headed, self._lingering):
            waiting.pop(conn, None)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()


def _allow_many_files() -> None:
    """Each connection is a file; what a shell allows at first may be less than we take."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _left(conn: Any) -> bytes:
    """What was read of a kept connection beyond the last request."""
    return bytes(conn.parser.unreader.buf.getvalue()) if conn.parser else b""


def _unsent(connection: socket.socket) -> int:
    """Bytes of earlier answers that the other side has not taken yet."""
    found = fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4)
    return int(struct.unpack("i", found)[0])


def _over(waiting: dict[Any, float], now: float) -> list[Any]:
    """Those whose time is up; the earliest stand first."""
    items = takewhile(lambda item: item[1] <= now, waiting.items())
    return [conn for conn, _ends_at in items]
