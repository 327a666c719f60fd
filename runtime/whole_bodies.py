"""A body that breaks off is no body: 400, whoever reads it.

Gunicorn says of each body that it ends by itself. Then nobody would miss the rest of one whose
length was told, and half a form would be taken for a form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WholeBodies:
    """WSGI middleware in front of the application."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)  # werkzeug counts, then
        elif "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = Chunks(environ["wsgi.input"])
        return self._app(environ, start)


class Chunks:
    """A body in chunks whose trouble is the sender's, not ours."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        return self._asked(lambda: self._body.read(None if size is None or size < 0 else size))

    def readline(self, size: int = -1) -> bytes:
        return self._asked(lambda: self._body.readline(None if size is None or size < 0 else size))

    def __iter__(self) -> Iterable[bytes]:
        return iter(self.readline, b"")

    def _asked(self, ask: Callable[[], bytes]) -> bytes:
        try:
            return ask()
        except (OSError, ParseException):
            raise ClientDisconnected from None
