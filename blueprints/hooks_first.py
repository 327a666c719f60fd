"""Webhooks go through an application of their own: no sessions, languages, logins or forms.

Everything a page needs costs time that an acknowledgement does not have. What this small
application does not know is the pages' 404, so an unknown token looks like any unknown path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from blueprints import hooks, manager
from blueprints.security import HSTS, MACHINE_HEADERS

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

PATH = "/hooks/"
# As a server wants them: made into a response's own, they would cost a tenth of an answer.
HEADERS = [*MACHINE_HEADERS.items()]
HTTPS_HEADERS = [*HEADERS, ("Strict-Transport-Security", HSTS)]


class HooksFirst:
    """WSGI middleware in front of `pages`; both share the parts that `wire_up` made."""

    def __init__(self, pages: Flask) -> None:
        self._pages: Wsgi = pages.wsgi_app
        self._hooks = Flask(__name__, static_folder=None)
        self._hooks.extensions = pages.extensions
        self._hooks.register_blueprint(hooks.bp)
        self._hooks.register_blueprint(manager.bp)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PATH):
            return self._pages(environ, start)
        answers: list[tuple[Any, ...]] = []

        def hold(*answer: Any) -> Any:
            answers.append(answer)

        body = self._hooks.wsgi_app(environ, hold)
        if answers[0][0].startswith("404"):
            return self._pages(environ, start)
        status, headers, *more = answers[0]
        is_secure = environ.get("wsgi.url_scheme") == "https"
        start(status, [*headers, *(HTTPS_HEADERS if is_secure else HEADERS)], *more)
        return body
