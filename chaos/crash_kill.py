"""Points at which a process can be killed: around each commit, and along each request."""

from __future__ import annotations

import http.client
import mmap
import os
import signal
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import Engine

from clients.http import Http

KINDS = (
    "before a commit",
    "after a commit",
    "before a request",
    "amid a request",
    "after a request",
    "after an answer",
)
BEFORE_COMMIT, AFTER_COMMIT, BEFORE_REQUEST, AMID_REQUEST, AFTER_REQUEST, AFTER_ANSWER = KINDS
NAMES = ("passed", "first", "last", "died_at", "deleted")
HEAD = struct.Struct("iiiii")


class Notes:
    """Memory that outlives a killed child.

    `passed`: how many points it passed; `first` and `last`: how many before the first and the last
    request about what is written; `died_at`: the kind of point where it died; `is_deleted`: what
    was to be deleted is deleted.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, HEAD.size)

    def clear(self) -> None:
        self._memory[:] = bytes(HEAD.size)

    def clear_points(self) -> None:
        """Forget points and death; what is deleted stays so."""
        self._put(passed=0, died_at=0)

    @property
    def passed(self) -> int:
        return self._all()["passed"]

    @property
    def first(self) -> int:
        return self._all()["first"]

    @property
    def last(self) -> int:
        return self._all()["last"]

    @property
    def died_at(self) -> str | None:
        number = self._all()["died_at"]
        return KINDS[number - 1] if number else None

    @property
    def is_deleted(self) -> bool:
        return bool(self._all()["deleted"])

    def count(self) -> int:
        passed = self.passed + 1
        self._put(passed=passed)
        return passed

    def note_request(self, *, is_write: bool) -> None:
        """A request about what is written: a search for it, or the write itself."""
        if is_write:
            self._put(first=self.first or self.passed)
        self._put(last=self.passed)

    def note_death(self, kind: str) -> None:
        self._put(died_at=KINDS.index(kind) + 1)

    def note_deletion(self) -> None:
        self._put(deleted=1)

    def _all(self) -> dict[str, int]:
        return dict(zip(NAMES, HEAD.unpack(self._memory[:]), strict=True))

    def _put(self, **values: int) -> None:
        self._memory[:] = HEAD.pack(*(self._all() | values).values())


class Points:
    """Counts the points that this process passes, while it is on; dies at the one numbered
    `kill_at` (from 1; 0: never). `before_request` is told method and path of each request."""

    def __init__(
        self, notes: Notes, kill_at: int, before_request: Callable[[str, str], None]
    ) -> None:
        self._notes = notes
        self._kill_at = kill_at
        self._before_request = before_request
        self._request = ("", "")
        self.is_on = False

    def watch(self, engine: Engine) -> None:
        """Put the points into the commits of this engine and into all requests of this process."""
        commit, send, write = engine.dialect.do_commit, Http.send, http.client.HTTPConnection.send

        def watched_commit(connection: Any) -> None:
            self._pass(BEFORE_COMMIT)
            commit(connection)
            self._pass(AFTER_COMMIT)

        def watched_send(http_client: Http, method: str, url: str, **options: Any) -> Any:
            self._request = (method, urlsplit(url).path)
            self._before_request(*self._request)
            try:
                return send(http_client, method, url, **options)
            finally:
                self._pass(AFTER_ANSWER)

        def watched_write(connection: Any, data: Any) -> None:
            self._pass(BEFORE_REQUEST)
            # A read can be done again: where in it the process dies makes no difference.
            is_write = self.is_on and self._request[0] != "GET"
            if is_write and self._pass(AMID_REQUEST, die=False):
                write(connection, data[: len(data) // 2])
                self._die(AMID_REQUEST)
            write(connection, data)
            if is_write:
                self._pass(AFTER_REQUEST)

        engine.dialect.do_commit = watched_commit  # type: ignore[method-assign]
        Http.send = watched_send  # type: ignore[method-assign, assignment]
        http.client.HTTPConnection.send = watched_write  # type: ignore[method-assign]

    def _pass(self, kind: str, *, die: bool = True) -> bool:
        """Count this point; whether it is the one."""
        if not self.is_on:
            return False
        is_it = self._notes.count() == self._kill_at
        if is_it and die:
            self._die(kind)
        return is_it

    def _die(self, kind: str) -> None:
        self._notes.note_death(kind)
        os.kill(os.getpid(), signal.SIGKILL)
