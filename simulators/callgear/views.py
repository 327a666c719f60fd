"""Small things that the control interface reads and shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulators import kit
from simulators.callgear.account import Webhook
from simulators.callgear.calls import Call, Row
from simulators.callgear.notices import RECOMMENDED, TEMPLATES
from simulators.callgear.shapes import check_shape

Handler = Callable[[web.Request], Awaitable[web.Response]]


def read_webhook(target: dict[str, Any]) -> Webhook:
    """A target of `POST /_sim/webhooks`. Raises ValueError, KeyError."""
    shape = target.get("shape", "query" if target.get("method") == "GET" else "flat")
    check_shape(shape)
    events = target.get("events", [target["event"]] if "event" in target else None)
    if events == "all":
        events = tuple(TEMPLATES)
    unknown = [event for event in events or () if event not in (*TEMPLATES, "*")]
    if unknown:
        raise ValueError(f"unknown events {unknown}; known: {', '.join(TEMPLATES)}")
    if events and "*" in events:
        events = RECOMMENDED
    return Webhook(
        url=target["url"],
        events=None if events is None else tuple(events),
        shape=shape,
        secret=target.get("secret"),
        extra=tuple(target.get("extra", ())),
        body=target.get("body"),
    )


def call_row(call: Call) -> Row:
    """A call as the control interface and the board show it."""
    return {
        "call_session_id": call.id,
        "account": call.app_id,
        "recipe": call.recipe,
        "state": call.state,
        "direction": call.direction,
        "contact": call.contact,
        "virtual_number": call.virtual_number,
        "started_at": call.time_at(0),
        "talk_seconds": call.talk_seconds if call.is_ended else None,
        "has_records": call.has_records,
        "row": call.row or None,
    }


def refusing(handler: Handler) -> Handler:
    """Say what is wrong with an order instead of failing on it."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except KeyError as error:
            return kit.reply({"error": f"missing or unknown: {error}"}, status=422)
        except (ValueError, TypeError) as error:
            return kit.reply({"error": str(error)}, status=422)

    return handle


def number_of(request: web.Request, name: str) -> int | None:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() else None


def last_rows(rows: list[Row], request: web.Request) -> list[Row]:
    limit = number_of(request, "limit")
    return rows if limit is None else rows[-limit:]
