"""Believe a reverse proxy on this machine about the address and scheme of its visitor.

Only the last entry counts, which our proxy wrote itself; from anybody else the headers say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
NEIGHBOURS = ("127.0.0.1", "::1", "")


class LocalProxy:
    """WSGI middleware: werkzeug's ProxyFix, for requests that come from this machine."""

    def __init__(self, app: Wsgi) -> None:
        self._direct = app
        self._proxied = ProxyFix(app, x_for=1, x_proto=1)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        is_proxied = "HTTP_X_FORWARDED_FOR" in environ
        if is_proxied and environ.get("REMOTE_ADDR", "") in NEIGHBOURS:
            return self._proxied(environ, start)
        return self._direct(environ, start)
