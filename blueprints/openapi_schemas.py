"""The shapes of the API's bodies, as JSON Schema (the dialect of OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from rules.vocabulary import CallState, Contact, Create, Direction, Outcome
from services.call_json import CREATED
from services.click_links import LINKS

Schema = dict[str, Any]
LONGEST = 100


def text(description: str = "", **more: Any) -> Schema:
    """A text that is there; sign 0 fits into no column."""
    made: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST} | more
    made["pattern"] = more.get("pattern", "^[^\\u0000]+$")
    return made | ({"description": description} if description else {})


def one_of(words: Any) -> Schema:
    return {"type": ["string", "null"], "enum": [*(str(word) for word in words), None]}


def whole(required: tuple[str, ...], **properties: Schema) -> Schema:
    """An object; members that are not named here are ignored."""
    return {"type": "object", "required": list(required), "properties": properties}


TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
ID: Schema = {"anyOf": [text(pattern="\\S"), {"type": "integer"}]}
ID_OR_NULL: Schema = {"anyOf": [*ID["anyOf"], {"type": "null"}]}


def short_text(longest: int) -> Schema:
    return {"type": ["string", "null"], "maxLength": longest, "pattern": "^[^\\u0000]*$"}


def event(kind: str, data: Schema) -> Schema:
    """One type of event of the CRM."""
    return whole(
        ("event_id", "type", "occurred_at", "data"),
        event_id=ID,
        type={"const": kind},
        occurred_at={
            "description": "ISO 8601, or milliseconds or seconds since 1970; of this century.",
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "integer", "minimum": 946684800, "maximum": 4102444799},
                {"type": "integer", "minimum": 946684800000, "maximum": 4102444799999},
            ],
        },
        data=data,
    )


USER = whole(
    ("id",),
    id=ID,
    name=short_text(200),
    email=short_text(200),
    extension=short_text(20),
    phones={
        "type": ["array", "null"],
        "maxItems": 20,
        "items": {"type": "string", "pattern": "^[^\\u0000]*$"},
    },
    active={"type": "boolean"},
)
EVENTS = {
    "user.updated": USER,
    "client.responsible_changed": whole(
        ("client_id", "responsible_user_id"), client_id=ID, responsible_user_id=ID_OR_NULL
    ),
    "client.merged": whole(("client_id", "into_client_id"), client_id=ID, into_client_id=ID),
    "client.deleted": whole(("client_id",), client_id=ID),
}
DECISION = whole(
    ("kind", "contact", "create", "owner_rule", "owner_user_id", "fallback"),
    kind={"enum": ["contact", "task"]},
    contact=one_of(Contact),
    create=one_of((*Create, "task")),
    owner_rule=TEXT_OR_NULL,
    owner_user_id=TEXT_OR_NULL,
    fallback=TEXT_OR_NULL,
)
FACTS = whole(
    ("direction", "outcome", "client_phone", "answered_by", "finished_by", "caller"),
    direction=one_of(Direction),
    outcome=one_of(Outcome),
    client_phone=TEXT_OR_NULL,
    answered_by=TEXT_OR_NULL | {"description": "An employee's id in CallGear."},
    finished_by=TEXT_OR_NULL | {"description": "An employee's id in CallGear."},
    caller=TEXT_OR_NULL | {"description": "An employee's id in CallGear."},
)
SCHEMAS: dict[str, Schema] = {
    "CallRequest": whole(
        ("request_id", "user_id", "phone"),
        request_id=text("Your own id of this click. One id dials once."),
        user_id=text("The CRM's user whose phone is to ring first."),
        phone=text("The client's number; E.164 is best, national spellings are understood."),
        links={
            "type": ["object", "null"],
            "description": "What the call belongs to; wins over what the call creates.",
            "properties": {name: {"anyOf": [text(), {"type": "null"}]} for name in LINKS},
        },
    ),
    "CallStarted": whole(
        ("request_id", "call_session_id"),
        request_id={"type": "string"},
        call_session_id={"type": "string"},
    ),
    "Call": whole(
        (
            "call_session_id",
            "state",
            "state_reason",
            "settings_version",
            "facts",
            "decisions",
            "created",
        ),
        call_session_id={"type": "string"},
        state={"enum": [str(state) for state in CallState]},
        state_reason=TEXT_OR_NULL,
        settings_version={"type": ["integer", "null"]},
        facts=FACTS,
        decisions={"type": "array", "items": DECISION},
        created=whole(CREATED, **{name: TEXT_OR_NULL for name in CREATED}),
    ),
    "Event": {"oneOf": [event(kind, data) for kind, data in EVENTS.items()]},
    "EventTaken": whole(
        ("event_id", "status"),
        event_id={"type": "string"},
        status={"enum": ["accepted", "known"]},
    ),
    "Error": whole(
        ("error",),
        error=whole(
            ("code", "message"),
            code={"type": "string"},
            message={"type": "string"},
            fields={
                "type": "array",
                "items": whole(
                    ("path", "code", "message"),
                    path={"type": "string"},
                    code={"type": "string"},
                    message={"type": "string"},
                ),
            },
        ),
    ),
}
