"""How the faults of `wrongs.py` act on a request."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import Any

from aiohttp import web

from simulators import kit
from simulators.behomes.errors import Refusal, scope_missing, unauthorized
from simulators.behomes.exchange import Exchange
from simulators.behomes.operations import Operation
from simulators.behomes.writing import Commit
from simulators.faults import Fault

HTML = "<!doctype html><title>Behomes</title><h1>Something went wrong</h1>"
HOLD_SECONDS = 30.0
STEP_SECONDS = 0.1
ODD_KEYS: dict[str, Any] = {
    "Recomended": True,
    "layoutPrice100%": 9007199254740993,
    "developerLogo": {"PascalCase": 1, "camelCase": None},
    "x-legacy key": ["", 0.1],
}


async def spoil_before(
    exchange: Exchange, operation: Operation, fault: Fault
) -> web.StreamResponse:
    """The answer that stands in for the operation."""
    if fault.name in ("conflict_409", "html_200", "error_object_200"):
        return _spoil_with_write(exchange, operation, fault)
    match fault.name:
        case "reset_before":
            return kit.cut_connection(exchange.request)
        case "timeout_before":
            return await hang(exchange.request, _seconds(fault))
        case "error_500_before":
            return server_error(fault)
        case "rate_limited" | "limit_503":
            refusal = _refusal(fault, operation)
            return refusal.response(headers=_retry_after(fault))
        case _:
            raise _refusal(fault, operation)


def _refusal(fault: Fault, operation: Operation) -> Refusal:
    options = fault.options
    match fault.name:
        case "rate_limited":
            return Refusal(429, "rate_limited", "too many requests")
        case "limit_503":
            return Refusal(503, "rate_limit", "the request limit is reached, try later")
        case "key_revoked":
            return unauthorized("the key was revoked")
        case "forbidden":
            return Refusal(403, "forbidden", "this is not allowed")
        case "scope_missing":
            return scope_missing(options.get("scope") or operation.scope or "users.read")
        case "validation_refused":
            problem = (options.get("field", "custom_fields"), options.get("code", "invalid_value"))
            status = options.get("status", 422)
            return Refusal(status, "validation_failed", "the data was refused", [problem])
        case "not_found":
            gone = (options.get("field", "id"), "not_found")
            return Refusal(options.get("status", 404), "not_found", "it is gone", [gone])
        case _:
            raise ValueError(fault.name)


def _spoil_with_write(exchange: Exchange, operation: Operation, fault: Fault) -> web.StreamResponse:
    """The faults that may execute the write before they tell nothing of it."""
    if operation.write and fault.options.get("execute", fault.name == "conflict_409"):
        operation.write(exchange)()
    match fault.name:
        case "conflict_409":
            raise Refusal(409, "duplicate", "it is there already", [("external_id", "duplicate")])
        case "html_200":
            return web.Response(text=HTML, content_type="text/html")
        case "error_object_200":
            refusal = Refusal(200, "internal_error", "something went wrong")
            return kit.reply(fault.options.get("body", refusal.body()))
        case _:
            raise ValueError(fault.name)


async def spoil_after(exchange: Exchange, commit: Commit, fault: Fault) -> web.StreamResponse:
    """Do the write, and spoil what the caller hears of it."""
    if fault.name == "late_commit":
        return await _commit_late(exchange, commit, fault)
    status, body = commit()
    match fault.name:
        case "error_500_after":
            return server_error(fault)
        case "reset_after":
            return kit.cut_connection(exchange.request)
        case "timeout_after":
            return await hang(exchange.request, _seconds(fault))
        case "no_content_204":
            return web.Response(status=204)
        case "duplicate_write":
            exchange.force = True
            commit()
            return kit.reply(body, status=status)
        case _:
            raise ValueError(fault.name)


async def _commit_late(exchange: Exchange, commit: Commit, fault: Fault) -> web.StreamResponse:
    """The caller gives up, the search finds nothing, and then the write lands after all."""
    world = exchange.world

    def land() -> None:
        world.pending -= 1
        try:
            commit()
        except Refusal:
            return  # what it linked to is gone meanwhile, or it is there already

    world.pending += 1
    delay = 5.0 if fault.seconds is None else fault.seconds
    asyncio.get_running_loop().call_later(delay, land)
    match fault.options.get("answer", "hang"):
        case "reset":
            return kit.cut_connection(exchange.request)
        case "error":
            return server_error(fault)
        case _:
            return await hang(exchange.request, fault.options.get("hold", HOLD_SECONDS))


async def hang(request: web.Request, seconds: float) -> web.StreamResponse:
    """Answer nothing for so long, then close; ends early when the caller goes away."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if request.transport is None or request.transport.is_closing():
            break
        await asyncio.sleep(min(left, STEP_SECONDS))
    return kit.cut_connection(request)


def server_error(fault: Fault) -> web.Response:
    status = int(fault.options.get("status", 500))
    match fault.options.get("body", "canonical"):
        case "html":
            return web.Response(text=HTML, status=status, content_type="text/html")
        case "empty":
            return web.Response(status=status)
        case _:
            return Refusal(status, "internal_error", "something went wrong").response()


def odd(thing: Any) -> Any:
    """The same value with odd extra keys in every object."""
    if isinstance(thing, list):
        return [odd(one) for one in thing]
    if not isinstance(thing, dict):
        return thing
    return {**ODD_KEYS, **{key: odd(value) for key, value in thing.items()}}


def with_number_ids(thing: Any, key: str = "") -> Any:
    """The same value with all-digit ids as JSON numbers, as large as they are."""
    if isinstance(thing, list):
        return [with_number_ids(one) for one in thing]
    if isinstance(thing, dict):
        return {name: with_number_ids(value, name) for name, value in thing.items()}
    is_id = key == "id" or key.endswith("_id")
    return int(thing) if is_id and isinstance(thing, str) and thing.isdecimal() else thing


def _seconds(fault: Fault) -> float:
    return HOLD_SECONDS if fault.seconds is None else fault.seconds


def _retry_after(fault: Fault) -> dict[str, str]:
    seconds = 1.0 if fault.seconds is None else fault.seconds
    match fault.options.get("style", "seconds"):
        case "seconds":
            return {"Retry-After": f"{seconds:.0f}"}
        case "date":
            return {"Retry-After": formatdate(time.time() + seconds, usegmt=True)}
        case _:
            return {}
