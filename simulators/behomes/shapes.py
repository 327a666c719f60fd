"""What may stand in a request body: section 3.2 of the contract, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulators.behomes import checks
from simulators.behomes.checks import Check, Findings


@dataclass(frozen=True)
class Field:
    """One member of a body. Members that are not required may be absent or null."""

    check: Check
    required: bool = False
    nullable: bool = True


Shape = dict[str, Field]


def must(check: Check) -> Field:
    return Field(check, required=True, nullable=False)


def may(check: Check) -> Field:
    return Field(check)


def thing(shape: Shape) -> Check:
    """A nested object of this shape."""

    def check(value: Any, path: str, found: Findings) -> None:
        check_shape(value, shape, found, path=f"{path}.")

    return check


def custom_fields(entity: str) -> Check:
    """Keys that the account defined for this entity, each with a value of its type."""

    def check(value: Any, path: str, found: Findings) -> None:
        if not isinstance(value, dict):
            found.note(path, "wrong_type")
            return
        known = found.account.custom_fields.get(entity, {})
        for key, one in value.items():
            if key not in known:
                found.note(f"{path}.{key}", "unknown_field")
            elif one is not None:
                checks.custom_value(known[key])(one, f"{path}.{key}", found)

    return check


def check_shape(
    body: Any, shape: Shape, found: Findings, *, path: str = "", partial: bool = False
) -> None:
    """Note everything in which the body differs from the shape; `partial` for a PATCH."""
    if not isinstance(body, dict):
        found.note(path.rstrip(".") or "body", "wrong_type")
        return
    for key, value in body.items():
        member = shape.get(key)
        if member is None:
            found.note(path + key, "unknown_field")
        elif value is not None:
            member.check(value, path + key, found)
        elif not member.nullable:
            found.note(path + key, "required")
    if not partial:
        for key, member in shape.items():
            if member.required and key not in body:
                found.note(path + key, "required")


SOURCE: Shape = {"channel": must(checks.filled), "provider": must(checks.filled)}
LEAD_SOURCE: Shape = {**SOURCE, "virtual_number": may(checks.phone)}
TASK_LINK: Shape = {
    "entity": must(checks.choice("client", "lead", "deal")),
    "id": must(checks.filled),
}

CREATE: dict[str, Shape] = {
    "clients": {
        "external_id": must(checks.filled),
        "name": must(checks.filled),
        "phones": must(checks.listing(checks.phone, minimum=1)),
        "responsible_user_id": may(checks.user),
        "comment": may(checks.text),
        "source": may(thing(SOURCE)),
        "custom_fields": may(custom_fields("client")),
    },
    "leads": {
        "external_id": must(checks.filled),
        "client_id": may(checks.row_of("clients")),
        "title": must(checks.filled),
        "comment": may(checks.text),
        "responsible_user_id": may(checks.user),
        "source": may(thing(LEAD_SOURCE)),
        "custom_fields": may(custom_fields("lead")),
    },
    "deals": {
        "external_id": must(checks.filled),
        "client_id": may(checks.row_of("clients")),
        "lead_id": may(checks.row_of("leads")),
        "title": must(checks.filled),
        "comment": may(checks.text),
        "pipeline_id": must(checks.pipeline),
        "stage_id": must(checks.stage),
        "responsible_user_id": may(checks.user),
        "custom_fields": may(custom_fields("deal")),
    },
    "tasks": {
        "external_id": must(checks.filled),
        "type": must(checks.choice("call_back", "call", "meeting", "other")),
        "text": must(checks.filled),
        "due_at": must(checks.moment),
        "responsible_user_id": may(checks.user),
        "phone": may(checks.phone),
        "link": may(thing(TASK_LINK)),
    },
}

ENDINGS = ("answered", "missed", "busy", "no_answer", "rejected", "failed")
STATUSES = (*ENDINGS, "voicemail", "canceled", "unknown")
CALL: Shape = {
    "external_id": must(checks.filled),
    "direction": must(checks.choice("inbound", "outbound")),
    "status": must(checks.choice(*STATUSES)),
    "started_at": must(checks.moment),
    "answered_at": may(checks.moment),
    "ended_at": Field(checks.moment, required=True),
    "duration": must(
        thing({name: Field(checks.seconds, required=True) for name in ("wait", "talk", "total")})
    ),
    "client_phone": Field(checks.phone, required=True),
    "line_number": may(checks.phone),
    "employee": may(
        thing(
            {
                "user_id": may(checks.user),
                "provider_id": may(checks.filled),
                "extension": may(checks.text),
            }
        )
    ),
    "participants": may(
        checks.listing(thing({"user_id": may(checks.user), "talk": may(checks.seconds)}))
    ),
    "links": may(
        thing(
            {
                "client_id": may(checks.row_of("clients")),
                "lead_id": may(checks.row_of("leads")),
                "deal_id": may(checks.row_of("deals")),
            }
        )
    ),
    "recordings": may(
        checks.listing(thing({"url": must(checks.web_address), "seconds": may(checks.seconds)}))
    ),
    "source": may(
        thing(
            {
                "scenario": may(checks.text),
                "campaign": may(checks.text),
                "tags": may(checks.listing(checks.filled)),
            }
        )
    ),
    "note": may(checks.text),
    "revision": must(checks.revision),
}

CALL_EVENT: Shape = {
    "event_id": must(checks.filled),
    "event": must(checks.choice("ringing", "answered", "ended", "missed")),
    "occurred_at": must(checks.moment),
    "expires_at": must(checks.moment),
    "call_external_id": must(checks.filled),
    "direction": must(checks.choice("inbound", "outbound")),
    "client_phone": Field(checks.phone, required=True),
    "line_number": may(checks.phone),
    "user_ids": must(checks.listing(checks.user)),
    "client": may(
        thing(
            {
                "id": must(checks.row_of("clients")),
                "name": may(checks.text),
                "url": may(checks.web_address),
            }
        )
    ),
    "links": may(
        thing(
            {
                "lead_id": may(checks.row_of("leads")),
                "deal_id": may(checks.row_of("deals")),
            }
        )
    ),
}

CHANGE: dict[str, Shape] = {
    table: {key: member for key, member in shape.items() if key != "external_id"}
    for table, shape in CREATE.items()
}
CHANGE["tasks"]["status"] = must(checks.choice("open", "done"))
CHANGE_CALL: Shape = {key: member for key, member in CALL.items() if key != "external_id"}
