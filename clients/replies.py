"""Answers of other systems: read at once and capped, or piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from time import monotonic
from typing import Any

from requests import RequestException, Timeout
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import TimeoutError as PoolTimeout

from clients.errors import AmbiguousError, ClientError

CHUNK_BYTES = 65_536
KEPT_HEADERS = ("content-type", "retry-after", "date")
STREAM_HEADERS = (
    "content-type",
    "content-length",
    "content-range",
    "accept-ranges",
    "etag",
    "last-modified",
)
TROUBLE = (RequestException, HTTPError, HTTPException, OSError)
TIMEOUTS = (Timeout, PoolTimeout, TimeoutError)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status; of its headers those of KEPT_HEADERS, lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_reply(response: Any, *, max_bytes: int, deadline: float) -> Reply:
    """Read a whole answer. Raises AmbiguousError with the status if it cannot be read."""
    failure: ClientError | None = None
    body = b""
    try:
        body = response.read(max_bytes + 1, decode_content=True)
    except DecodeError:
        failure = AmbiguousError("cannot be decompressed", code="unexpected_answer")
    except TROUBLE as error:
        failure = lost(error, deadline)
    if len(body) > max_bytes:
        failure = AmbiguousError("the answer is too long", code="unexpected_answer")
    if failure:
        failure.status = response.status
        response.close()
        raise failure
    return Reply(response.status, _kept(response.headers, KEPT_HEADERS), body)


class Stream:
    """An answer whose body is still to be read; a context manager.

    `headers` holds only what a player needs: content-type, content-length, content-range,
    accept-ranges, etag, last-modified (lower case). Iterate once for the body; `close` when done.
    """

    def __init__(self, response: Any, deadline: float, max_bytes: int) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = _kept(response.headers, STREAM_HEADERS)
        self._response = response
        self._deadline = deadline
        self._left = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        try:
            while chunk := self._chunk():
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        self._response.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _chunk(self) -> bytes:
        failure: ClientError | None = None
        chunk = b""
        try:
            chunk = self._response.read(CHUNK_BYTES, decode_content=False)
        except TROUBLE as error:
            failure = lost(error, self._deadline)
        self._left -= len(chunk)
        if self._left < 0:
            failure = AmbiguousError("the recording is too long", code="unexpected_answer")
        if failure:
            raise failure
        return chunk


def lost(error: Exception, deadline: float) -> AmbiguousError:
    """What became of a request whose answer did not come or broke off."""
    if monotonic() >= deadline or isinstance(error, TIMEOUTS):
        return AmbiguousError("no answer in time", code="timeout")
    return AmbiguousError("the connection was lost", code="connection_lost")


def _kept(headers: Any, names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}
