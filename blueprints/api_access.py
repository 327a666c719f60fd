"""What every address under /api/ shares: the integration's key, JSON bodies, one shape of errors.

A blueprint that calls `keyed()` answers 401 without a good key, needs no CSRF token (there is no
cookie to misuse) and never sends anybody to the login.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from blueprints.refusals import note_refusal
from models import db
from services.api_keys import integration_of_key

API_PATHS = "/api/"
KEYED: set[str] = set()
LARGEST_BODY = 64 * 1024
DEEPEST = 20
CODES = {
    400: ("invalid_request", "The request cannot be read."),
    404: ("not_found", "There is no such address or object."),
    405: ("method_not_allowed", "This address does not know this method."),
    413: ("too_large", "The body is larger than 64 KiB."),
    415: ("unsupported_media_type", "Send plain JSON; compressed bodies are not read."),
    500: ("internal_error", "Something broke on our side; nothing is known of the request's fate."),
    503: ("unavailable", "The server is not ready for a moment; ask again."),
}


class ApiError(HTTPException):
    """An answer that is no success: `{"error": {"code", "message", "fields"?}}`."""

    def __init__(
        self, status: int, error: str, message: str, *, fields: Iterable[dict[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.code = status
        self.error: dict[str, Any] = {"code": error, "message": message}
        if told := list(fields):
            self.error["fields"] = told


def keyed(blueprint: Blueprint) -> None:
    """Nobody gets through without the key of an integration in `Authorization: Bearer`."""
    KEYED.add(blueprint.name)

    @blueprint.before_request
    def require_key() -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        found = integration_of_key(db.engine, key.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise ApiError(401, "unauthorized", "Send the API key: Authorization: Bearer <key>.")
        g.api_integration_id = found


def api_integration_id() -> int:
    """Whose key opened this request."""
    found: int = g.api_integration_id
    return found


def read_json() -> dict[str, Any]:
    """The body, a JSON object of reasonable size and depth. Raises ApiError 400, 413 or 415."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiError(415, *CODES[415])
    if (request.content_length or 0) > LARGEST_BODY:
        raise ApiError(413, *CODES[413])
    raw = request.stream.read(LARGEST_BODY + 1)
    if len(raw) > LARGEST_BODY:
        raise ApiError(413, *CODES[413])
    try:
        body = json.loads(raw.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_request", "The body is not JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "invalid_request", "The body must be a JSON object.")
    _check(body, DEEPEST)
    return body


def invalid(*fields: tuple[str, str]) -> ApiError:
    """400 with what is wrong with each member: pairs of a path and a message."""
    told = [{"path": path, "code": "invalid", "message": message} for path, message in fields]
    return ApiError(400, "invalid_request", "Members are missing or wrong.", fields=told)


def api_answer(error: HTTPException) -> Response | HTTPException:
    """Any failure under /api/ in the one shape; redirects stay what they are."""
    status = error.code or 500
    if status < 400:
        return error
    if isinstance(error, ApiError):
        body = error.error
    else:
        code, message = CODES.get(status, ("refused", error.name))
        body = {"code": code, "message": message}
    response = answer(status, {"error": body})
    if status == 401:
        note_refusal(status)
        response.headers["WWW-Authenticate"] = "Bearer"
    methods = getattr(error, "valid_methods", None)
    if methods:
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def answer(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def is_api_path() -> bool:
    return request.path.startswith(API_PATHS)


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _check(value: Any, levels: int) -> None:
    """Refuse what is nested too deeply, and texts that no column can hold."""
    if levels < 0:
        raise ApiError(400, "invalid_request", "The body is nested too deeply.")
    if isinstance(value, str) and not _is_storable(value):
        raise ApiError(400, "invalid_request", "A text holds signs that are no characters.")
    if isinstance(value, dict):
        for name, member in value.items():
            _check(name, levels)
            _check(member, levels - 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, levels - 1)


def _is_storable(text: str) -> bool:
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)
