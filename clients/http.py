"""The one way out: HTTPS to named hosts, checked and pinned addresses, capped, on a deadline.

Redirects, proxies, cookies and the environment play no part. Messages name the host and path, never
the query, where a key may stand.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from time import monotonic
from typing import Any

from requests import PreparedRequest
from urllib3.util import Timeout

from clients.addresses import AllowedHosts, Target
from clients.errors import ClientError, NotExecutedError
from clients.replies import TROUBLE, Reply, Stream, lost, read_reply
from clients.sockets import INFINITE, Resolve, Watch, resolve
from clients.transport import PinnedAdapter

__all__ = ["Http", "OnReply", "Reply", "Stream"]

OnReply = Callable[[Reply], None]

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 20.0
MAX_BYTES = 5_000_000
STREAM_SECONDS = 300.0
STREAM_STALL_SECONDS = 20.0
STREAM_BYTES = 200_000_000

IDLE_SECONDS = 30.0
# A POST cannot be told from a lost one when the server closes an idle connection under it; servers
# do so after 2 seconds (gunicorn) to 75 (nginx), so it goes only through a fresh connection.
IDLE_POST_SECONDS = 1.5
REPEATABLE = frozenset({"GET", "HEAD", "PUT"})
USER_AGENT = "callgear-behomes"


class Http:
    """Sends requests for the clients; safe to share between threads and to carry over a fork.

    `api_hosts` is API_HOSTS: `host` or `host:port` (else the port of the scheme). https only; plain
    http only for loopback hosts named there. Connections are kept per process, thread and host,
    `pool_size` at most. `resolve` replaces the look-up of names in tests, `ca_file` the list of
    trusted issuers. Raises ValueError for an entry of API_HOSTS that cannot be read.
    """

    def __init__(
        self,
        api_hosts: Iterable[str],
        *,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        max_bytes: int = MAX_BYTES,
        pool_size: int = 4,
        ca_file: str | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self._allowed = AllowedHosts(api_hosts)
        self._connect_seconds = connect_seconds
        self._total_seconds = total_seconds
        self._max_bytes = max_bytes
        self._pool_size = pool_size
        self._ca_file = ca_file
        self._resolve = resolve
        self._local = threading.local()
        self._on_reply: OnReply | None = None

    def heard(self, on_reply: OnReply) -> Http:
        """The same, with the same connections; each answer that came is shown to `on_reply`."""
        made = copy(self)
        made._on_reply = on_reply
        return made

    def allows(self, url: str) -> bool:
        """Whether API_HOSTS lets a request go to this address."""
        try:
            self._allowed.target(url)
        except NotExecutedError:
            return False
        return True

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = None,
    ) -> Reply:
        """Send one request once and return the answer of whatever status.

        `timeout` is the deadline in seconds for everything, `connect_timeout` for the connection.
        Raises NotExecutedError when the request cannot have been carried out, AmbiguousError when
        it may have been. No redirect is followed, nothing is repeated (except a GET, HEAD or PUT
        on a kept connection that turned out to be closed).
        """
        target = self._allowed.target(url)
        adapter = self._adapter(target)
        watch = adapter.watch
        watch.deadline = monotonic() + (timeout or self._total_seconds)
        watch.stall_seconds = INFINITE
        request = _prepared(method, target.path, headers, body)
        response = _start(adapter, request, connect_timeout or self._connect_seconds)
        reply = read_reply(response, max_bytes=self._max_bytes, deadline=watch.deadline)
        if self._on_reply:
            self._on_reply(reply)
        return reply

    def stream(
        self,
        url: str,
        *,
        allowed_hosts: Iterable[str],
        range_header: str | None = None,
        max_seconds: float = STREAM_SECONDS,
        max_bytes: int = STREAM_BYTES,
    ) -> Stream:
        """GET a recording; the host must stand in `allowed_hosts` and in API_HOSTS.

        Returns whatever status came. Raises NotExecutedError and, also while the body is being
        read, AmbiguousError (time-out, reset, too long).
        """
        AllowedHosts(allowed_hosts).target(url)
        target = self._allowed.target(url)
        adapter = self._adapter(target)
        watch = adapter.watch
        watch.deadline = monotonic() + max_seconds
        watch.stall_seconds = STREAM_STALL_SECONDS
        headers = {"Accept-Encoding": "identity"}
        if range_header:
            headers["Range"] = range_header
        request = _prepared("GET", target.path, headers, None)
        response = _start(adapter, request, self._connect_seconds)
        return Stream(response, watch.deadline, max_bytes)

    def close(self) -> None:
        """Close the kept connections of the calling thread."""
        for adapter in self._adapters().values():
            adapter.close()
        self._adapters().clear()

    def _adapter(self, target: Target) -> PinnedAdapter:
        adapters = self._adapters()
        key = (target.scheme, target.host, target.port)
        adapter = adapters.get(key)
        if adapter is None:
            watch = Watch(target, self._resolve)
            adapter = PinnedAdapter(watch, pool_size=self._pool_size, ca_file=self._ca_file)
            adapters[key] = adapter
        return adapter

    def _adapters(self) -> dict[tuple[str, str, int], PinnedAdapter]:
        # A connection made before a fork belongs to the parent: two processes on one TLS stream
        # would read each other's answers.
        local = self._local
        if getattr(local, "pid", None) != os.getpid():
            local.pid = os.getpid()
            local.adapters = {}
        adapters: dict[tuple[str, str, int], PinnedAdapter] = local.adapters
        return adapters


def _prepared(
    method: str, path: str, headers: Mapping[str, str] | None, body: bytes | None
) -> PreparedRequest:
    # By hand: `prepare()` parses the URL thrice and costs more than the rest of the request.
    request: Any = PreparedRequest()
    request.method = method
    request.url = path
    request.body = body
    request.headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **(headers or {})}
    if body is not None or method not in ("GET", "HEAD"):
        request.headers["Content-Length"] = str(len(body or b""))
    prepared: PreparedRequest = request
    return prepared


def _start(adapter: PinnedAdapter, request: PreparedRequest, connect_seconds: float) -> Any:
    watch = adapter.watch
    watch.has_body = bool(request.body)
    watch.max_idle = IDLE_SECONDS if request.method in REPEATABLE else IDLE_POST_SECONDS
    while True:
        now = monotonic()
        watch.connect_deadline = min(now + connect_seconds, watch.deadline)
        failure: ClientError
        try:
            return adapter.start(request, Timeout(total=max(0.001, watch.deadline - now)))
        except TROUBLE as error:
            failure = lost(error, watch.deadline)
        except ValueError:
            failure = NotExecutedError("a header cannot be sent", code="cannot_connect")
        if not _was_stale(watch, request):
            raise failure
        watch.max_idle = -1.0  # take no kept connection this time


def _was_stale(watch: Watch, request: PreparedRequest) -> bool:
    return watch.reused and request.method in REPEATABLE and monotonic() < watch.deadline
