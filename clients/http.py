"""The one way out: HTTPS to named hosts, checked and pinned addresses, capped, on a deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 20.0
MAX_BYTES = 5_000_000
STREAM_SECONDS = 300.0
STREAM_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Stream:
    """An answer whose body is still to be read; a context manager.

    `headers` holds only what a player needs: content-type, content-length, content-range,
    accept-ranges, etag, last-modified (lower case). Iterate once for the body; `close` when done.
    """

    status: int
    headers: Mapping[str, str]

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Http:
    """Sends requests for the clients; safe to share between threads and to carry over a fork.

    `api_hosts` is API_HOSTS: `host` or `host:port` (port of https by default). https only; plain
    http only for loopback hosts named there. `resolve` replaces the look-up of names in tests.
    `ca_file` replaces the list of trusted issuers.
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
        resolve: Callable[[str, int], list[str]] | None = None,
    ) -> None:
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

    def close(self) -> None:
        """Close the kept connections of the calling thread."""
        raise NotImplementedError
