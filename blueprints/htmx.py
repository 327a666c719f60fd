"""One URL, two renderings: the partial for an htmx swap, the page for everything else."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request


def wants_partial() -> bool:
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def render(page: str, partial: str, /, *, status: int = 200, **context: Any) -> Response:
    """Render `partial` for an htmx swap, or the whole `page` that includes it."""
    is_partial = wants_partial()
    template = partial if is_partial else page
    response = make_response(render_template(template, is_partial=is_partial, **context))
    response.status_code = status
    response.vary.add("HX-Request")
    return response


def unchanged() -> Response:
    """The answer to a poll when nothing has changed: htmx swaps nothing, focus stays."""
    response = make_response("", 204)
    response.vary.add("HX-Request")
    return response


def leave(target: str) -> Response:
    """Go on to another page after a success; htmx loads it whole instead of swapping a part in."""
    if wants_partial():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = target
    else:
        response = make_response(redirect(target, 303))
    response.vary.add("HX-Request")
    return response
