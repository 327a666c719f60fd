"""/api/openapi.json: the API of the integration, for the developers of the CRM."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint, Response

from blueprints.api_access import answer
from blueprints.openapi_schemas import SCHEMAS

bp = Blueprint("openapi", __name__)

VERSION = "1.0.0"
# Any address that takes a body may answer with these.
OF_BODIES = {
    400: "No JSON, or members are missing or of a wrong kind: `invalid_request`.",
    413: "The body is larger than 64 KiB: `too_large`.",
    415: "The body is compressed: `unsupported_media_type`.",
}
UNAUTHORIZED = {401: "No key, or a wrong one: `unauthorized`."}
NOT_ALLOWED = (
    "The rules refuse the call: `number_invalid`, `number_short`, `number_own`, "
    "`number_satellite`, `number_premium`, `country_not_allowed`, `no_virtual_number`."
)
OF_DIALLING = {
    404: "The user is not known (`user_unknown`) or joined to no employee (`user_unmapped`).",
    409: "The same request is being carried out just now: `in_progress`. Ask again.",
    422: NOT_ALLOWED,
    429: "A limit of the settings is reached: `user_cap`, `integration_cap`, `number_cap`.",
    502: "CallGear has refused the call (the code is its own word) or cannot be reached: "
    "`pbx_unreachable`, `pbx_not_connected`, `not_sent`. No phone rings.",
    504: "CallGear did not answer: `unknown_outcome`. A phone may ring; it is not asked again.",
}
DIALLING = (
    "Rings the user's phone, then the client's, and connects the two. A repeated `request_id` "
    "gets the stored first answer, also an error: 200 instead of 202, errors with their own "
    "status. One id never dials twice; for another attempt send another id."
)


CALL_LINK = {
    "call": {
        "operationId": "showCall",
        "parameters": {"call_session_id": "$response.body#/call_session_id"},
    }
}


@bp.get("/api/openapi.json")
def document() -> Response:
    return answer(200, describe())


@cache
def describe() -> dict[str, Any]:
    """The whole document; equal for everybody."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CallGear · Behomes",
            "version": VERSION,
            "description": "What the CRM may ask of the integration, with its API key.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": {
            "/api/v1/calls": {"post": _start_call()},
            "/api/v1/calls/{call_session_id}": {"get": _show_call()},
            "/api/v1/events": {"post": _take_event()},
            "/api/openapi.json": {"get": _this_document()},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": SCHEMAS,
        },
    }


def _start_call() -> dict[str, Any]:
    return {
        "operationId": "startCall",
        "summary": "Call a client by a click",
        "description": DIALLING,
        "requestBody": _body("CallRequest"),
        "responses": {
            "202": _json("CallGear has taken the call.", "CallStarted") | {"links": CALL_LINK},
            "200": _json("The same request again: the stored answer.", "CallStarted"),
            **_errors(OF_BODIES | UNAUTHORIZED | OF_DIALLING),
        },
    }


def _show_call() -> dict[str, Any]:
    parameter = {
        "name": "call_session_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
    }
    return {
        "operationId": "showCall",
        "summary": "State, decisions and what a call has created",
        "parameters": [parameter],
        "responses": {
            "200": _json("What is known of the call by now.", "Call"),
            **_errors(UNAUTHORIZED | {404: "There is no such call: `not_found`."}),
        },
    }


def _take_event() -> dict[str, Any]:
    told = {422: "The event does not say what its type must: `invalid_event`."}
    return {
        "operationId": "takeEvent",
        "summary": "Tell what has changed in the CRM",
        "description": "Stored at once, by `event_id` once; handled right afterwards.",
        "requestBody": _body("Event"),
        "responses": {
            "200": _json("Stored, or known already.", "EventTaken"),
            **_errors(OF_BODIES | UNAUTHORIZED | told),
        },
    }


def _this_document() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "describe",
        "summary": "This document",
        "security": [],
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": content}},
    }


def _body(schema: str) -> dict[str, Any]:
    return {"required": True, "content": _content(schema)}


def _json(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": _content(schema)}


def _errors(described: dict[int, str]) -> dict[str, Any]:
    return {str(status): _json(text, "Error") for status, text in sorted(described.items())}


def _content(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
