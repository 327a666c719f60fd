"""Every request has an id: in each line of the log that it causes, and in its answer."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from structlog.contextvars import bind_contextvars, clear_contextvars

from runtime.proxy import NEIGHBOURS

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
HEADER = "X-Request-Id"
PLAIN = re.compile(r"[A-Za-z0-9_.-]{8,64}")


class RequestIds:
    """WSGI middleware. A proxy on this machine may have given the request its id already."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request_id = _given(environ) or secrets.token_hex(8)
        clear_contextvars()
        bind_contextvars(request=request_id)

        def start_with_id(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [*headers, (HEADER, request_id)], *more)

        return self._app(environ, start_with_id)


def _given(environ: dict[str, Any]) -> str | None:
    is_proxied = "HTTP_X_FORWARDED_FOR" in environ
    is_ours = is_proxied and environ.get("REMOTE_ADDR", "") in NEIGHBOURS
    given = str(environ.get("HTTP_X_REQUEST_ID", ""))
    return given if is_ours and PLAIN.fullmatch(given) else None
