"""What `requests` sends through: one adapter per thread and host, pinned and on a deadline."""

from __future__ import annotations

import logging
import socket
import ssl
from functools import lru_cache
from time import monotonic
from typing import Any

import certifi
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from clients.addresses import Target
from clients.errors import NotExecutedError
from clients.masking import QueryFilter
from clients.sockets import TlsSocket, Watch, checked_addresses, connect

NO_RETRY = Retry(False, redirect=False)

for _name in ("connection", "connectionpool", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(QueryFilter())


class _Pinned:
    """The hook in urllib3's connections: the address is looked up, checked and kept here."""

    watch: Watch
    sock: Any
    idle_since = 0.0
    held: bytes | None = None

    def begin(self) -> None:
        """Get ready for a request; a connection that was idle for too long is replaced."""
        watch = self.watch
        watch.reused = False
        self.held = None
        if self.sock is None:
            return
        if monotonic() - self.idle_since > watch.max_idle:
            self.close()  # type: ignore[attr-defined]
            return
        watch.reused = True
        self.apply(watch)

    def apply(self, watch: Watch) -> None:
        self.sock.deadline = watch.deadline
        self.sock.stall_seconds = watch.stall_seconds

    def send(self, data: Any) -> None:
        """Send the head together with the body: one call of the system less, one packet."""
        if self.watch.has_body and self.held is None:
            self.held = data
            return
        super().send((self.held or b"") + data)  # type: ignore[misc]
        self.held = b""

    def _new_conn(self) -> socket.socket:
        failure = NotExecutedError("no address", code="cannot_connect")
        for address in checked_addresses(self.watch):
            try:
                return connect(address, self.watch)
            except TimeoutError:
                failure = NotExecutedError("no connection in time", code="connect_timeout")
            except OSError as error:
                failure = NotExecutedError(error.strerror or "refused", code="cannot_connect")
        raise failure

    def connect(self) -> None:
        failure = None
        try:
            super().connect()  # type: ignore[misc]
        except TimeoutError:
            failure = NotExecutedError("TLS took too long", code="connect_timeout")
        except (OSError, HTTPError, ssl.CertificateError) as error:
            failure = NotExecutedError(_tls_reason(error), code="tls_failed")
        if failure:
            raise failure
        self.apply(self.watch)


class PinnedHTTPConnection(_Pinned, HTTPConnection):
    pass


class PinnedHTTPSConnection(_Pinned, HTTPSConnection):
    pass


class _WatchedPool:
    """Tells each connection which watch it is under, and remembers since when it is idle."""

    watch: Watch

    def _new_conn(self) -> Any:
        connection = super()._new_conn()  # type: ignore[misc]
        connection.watch = self.watch
        return connection

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        connection.begin()
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            connection.idle_since = monotonic()
        super()._put_conn(connection)  # type: ignore[misc]


class PlainPool(_WatchedPool, HTTPConnectionPool):
    ConnectionCls = PinnedHTTPConnection


class TlsPool(_WatchedPool, HTTPSConnectionPool):
    ConnectionCls = PinnedHTTPSConnection


class PinnedAdapter(HTTPAdapter):
    """An adapter of requests for one host, without what a request to a known host can spare.

    No proxies, no environment, no cookies, no redirects, no retries: the pool is chosen before
    and the answer is urllib3's own.
    """

    def __init__(self, watch: Watch, *, pool_size: int, ca_file: str | None) -> None:
        super().__init__(max_retries=NO_RETRY)
        self.watch = watch
        self.pool = _pool(watch.target, pool_size, ca_file)
        self.pool.watch = watch

    def start(self, request: PreparedRequest, timeout: Timeout) -> Any:
        """Send and return the answer with its body unread."""
        return self.send(request, stream=True, timeout=timeout)  # type: ignore[arg-type]

    def init_poolmanager(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def get_connection_with_tls_context(self, *_args: Any, **_kwargs: Any) -> Any:
        return self.pool

    def cert_verify(self, *_args: Any, **_kwargs: Any) -> None:
        pass  # the pool's TLS context demands a valid certificate

    def request_url(self, request: PreparedRequest, _proxies: Any) -> str:
        return str(request.url)  # the path and query, see http.py

    def build_response(self, _request: PreparedRequest, response: Any) -> Any:
        return response

    def close(self) -> None:
        self.pool.close()


def _pool(target: Target, size: int, ca_file: str | None) -> PlainPool | TlsPool:
    if target.scheme == "http":
        return PlainPool(target.host, target.port, maxsize=size)
    context = tls_context(ca_file)
    return TlsPool(target.host, target.port, maxsize=size, ssl_context=context)


@lru_cache(maxsize=8)
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """A context that demands a valid certificate for the host; made once, costs 30 ms."""
    # Not urllib3's own: that one obeys SSLKEYLOGFILE of the environment.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TlsSocket
    context.load_verify_locations(ca_file or certifi.where())
    return context


def _tls_reason(error: Exception) -> str:
    cause = error.args[0] if error.args and isinstance(error.args[0], ssl.SSLError) else error
    reason = getattr(cause, "verify_message", None) or getattr(cause, "reason", None)
    return f"TLS: {reason or type(cause).__name__}"
