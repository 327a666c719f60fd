"""Refusals of the simulated CRM, in its canonical error body."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from aiohttp import web

from simulators import kit

Problem = tuple[str, str]  # field, code

_numbers = count(0x9F3)


class Refusal(Exception):
    """The request is refused: nothing was executed."""

    def __init__(
        self, status: int, code: str, message: str, problems: list[Problem] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.problems = problems or []

    def response(self, *, headers: Mapping[str, str] | None = None) -> web.Response:
        return kit.reply(self.body(), status=self.status, headers=headers)

    def body(self) -> dict[str, Any]:
        details = [{"field": field, "code": code} for field, code in self.problems]
        error = {"code": self.code, "message": self.message, "details": details}
        return {"error": error, "request_id": f"req_{next(_numbers):x}"}


def unauthorized(message: str = "the key is missing or unknown") -> Refusal:
    return Refusal(401, "unauthorized", message)


def scope_missing(scope: str) -> Refusal:
    return Refusal(403, "forbidden", f"the key lacks the scope {scope}", [("scope", scope)])


def not_found(entity: str, identity: str, *, status: int = 404) -> Refusal:
    return Refusal(status, "not_found", f"no {entity} {identity}", [("id", "not_found")])


def bad_query(field: str, code: str) -> Refusal:
    return Refusal(400, "invalid_request", f"query parameter {field}: {code}", [(field, code)])
