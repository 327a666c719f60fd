"""Security headers on every answer: no inline code, no framing, nothing kept by caches."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

HTMX_CDN = "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"
HTMX_INTEGRITY = "sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# Of answers that are no pages, by the small application in front (`blueprints/hooks_first.py`).
MACHINE_HEADERS = HEADERS | {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

HSTS = "max-age=31536000; includeSubDomains"

bp = Blueprint("security", __name__)


@bp.after_app_request
def add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", content_policy())
    if _may_have_opener():
        response.headers.setdefault("Cross-Origin-Opener-Policy", "unsafe-none")
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    return response


def _may_have_opener() -> bool:
    """The window that a page of the CRM opens gives that page its key: it keeps its opener, also
    while the person logs in first."""
    if request.blueprint != "auth":
        return bool(g.get("may_have_opener", False))
    try:
        return request.values.get("next", "").startswith("/embed/")
    except HTTPException:  # too long, or it broke off: the page says so
        return False


def content_policy() -> str:
    scripts = "'self'" if is_htmx_local() else f"'self' {HTMX_CDN}"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; font-src 'self'; "
        "img-src 'self' data:; media-src 'self'; connect-src 'self'; manifest-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def is_htmx_local() -> bool:
    return bool(current_app.extensions["config"].htmx_source == "local")
