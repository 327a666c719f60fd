"""The browser's session cookie; machines have none, and nothing is spent on it for them."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import NullSession, SecureCookieSessionInterface, SessionMixin

MACHINE_PATHS = ("/healthz", "/readyz", "/metrics", "/api/")


class BrowserSessions(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:  # type: ignore[override]
        if request.path.startswith(MACHINE_PATHS):
            return NullSession()
        return super().open_session(app, request)
