"""The operations that write. Each checks at once and returns the write itself, to be done later.

So a fault can do the write twice, late, or do it and lose the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from simulators.behomes.checks import Findings
from simulators.behomes.errors import Refusal
from simulators.behomes.exchange import Exchange, Reply
from simulators.behomes.reading import living_row, view
from simulators.behomes.rows import complete, deal_problems, merged, task_problems
from simulators.behomes.shapes import (
    CALL,
    CALL_EVENT,
    CHANGE,
    CHANGE_CALL,
    CREATE,
    check_shape,
)
from simulators.behomes.store import Row, now_ms

Commit = Callable[[], Reply]


def create_row(exchange: Exchange) -> Commit:
    exchange.parameters()
    body, found = exchange.body(), exchange.findings()
    check_shape(body, CREATE[exchange.subject], found)
    if not found.problems:
        _check_meaning(exchange, body, found)
        _check_required_fields(exchange, body, found)
    exchange.insist(found)
    return lambda: _create(exchange, body)


def update_row(exchange: Exchange) -> Commit:
    exchange.parameters()
    body, found = exchange.body(), exchange.findings()
    row = living_row(exchange)
    check_shape(body, CHANGE[exchange.subject], found, partial=True)
    if not found.problems:
        _check_meaning(exchange, body, found, old=row.data)
    exchange.insist(found)
    return lambda: _update(exchange, body)


def put_call(exchange: Exchange) -> Commit:
    exchange.parameters()
    body, found = exchange.body(), exchange.findings()
    check_shape(body, CALL, found)
    if not found.problems and body["external_id"] != exchange.identity:
        found.note("external_id", "mismatch")
    exchange.insist(found)
    return lambda: _put_call(exchange, body)


def patch_call(exchange: Exchange) -> Commit:
    exchange.parameters()
    body, found = exchange.body(), exchange.findings()
    check_shape(body, CHANGE_CALL, found, partial=True)
    exchange.insist(found)
    _stored_call(exchange)
    return lambda: _patch_call(exchange, body)


def create_call_event(exchange: Exchange) -> Commit:
    exchange.parameters()
    body, found = exchange.body(), exchange.findings()
    check_shape(body, CALL_EVENT, found)
    exchange.insist(found)
    return lambda: _create_event(exchange, body)


def _check_meaning(
    exchange: Exchange, body: dict[str, Any], found: Findings, *, old: dict[str, Any] | None = None
) -> None:
    if exchange.subject == "deals" and body.keys() & {"pipeline_id", "stage_id"}:
        deal_problems({**(old or {}), **body}, found)
    elif exchange.subject == "tasks" and body.get("link"):
        task_problems(body["link"], found)


def _check_required_fields(exchange: Exchange, body: dict[str, Any], found: Findings) -> None:
    known = exchange.account.custom_fields.get(exchange.subject[:-1], {})
    given = body.get("custom_fields") or {}
    for key, spec in known.items():
        if spec.get("required") and given.get(key) in (None, "", []):
            found.note(f"custom_fields.{key}", "required")


def _create(exchange: Exchange, body: dict[str, Any]) -> Reply:
    there = None if exchange.force else _already_there(exchange, body)
    if there is not None:
        if exchange.world.config.idempotency == "conflict":
            raise Refusal(409, "duplicate", "it is there already", [("external_id", "duplicate")])
        return 200, {"response": {"id": there.id, "created": False}}
    number, identity = exchange.world.next_id(exchange.subject)
    data = complete(exchange.account, exchange.subject, identity, body)
    row = Row(number, identity, data, "api", writes=1)
    _hide_from_search(exchange, row)
    exchange.account.tables[exchange.subject].insert(row)
    exchange.account.tie_to_client(exchange.subject, row)
    exchange.world.version += 1
    return 201, {"response": {"id": identity, "created": True}}


def _already_there(exchange: Exchange, body: dict[str, Any]) -> Row | None:
    if exchange.world.config.idempotency == "off":
        return None
    account = exchange.account
    same = account.tables[exchange.subject].same_external(body["external_id"])
    if same is None and exchange.subject == "clients":
        same = account.clients.same_phone(body["phones"])
    return same


def _hide_from_search(exchange: Exchange, row: Row) -> None:
    """The search may lag: for all by configuration, for this row by a fault."""
    config, fault = exchange.world.config, exchange.shaping.get("search_lag")
    by_phone, by_id = config.search_lag_phone_seconds, config.search_lag_external_id_seconds
    if fault is not None:
        lagging = fault.options.get("by", ["phone", "external_id"])
        by_phone = (fault.seconds or 0) if "phone" in lagging else by_phone
        by_id = (fault.seconds or 0) if "external_id" in lagging else by_id
    now = time.time()
    row.phone_from = now + by_phone
    row.external_from = now + by_id


def _update(exchange: Exchange, body: dict[str, Any]) -> Reply:
    row = living_row(exchange)
    table = exchange.account.tables[exchange.subject]
    client_before = row.data.get("client_id")
    table.change(row, merged(row.data, body, nested=("custom_fields",)))
    row.writes += 1
    exchange.account.tie_to_client(exchange.subject, row, before=client_before)
    exchange.world.version += 1
    return 200, {"response": view(exchange.account, exchange.subject, row)}


def _put_call(exchange: Exchange, body: dict[str, Any]) -> Reply:
    table = exchange.account.tables["calls"]
    row = table.same_external(body["external_id"])
    if row is None:
        number, identity = exchange.world.next_id("calls")
        data = {"id": identity, **body, "created_at": now_ms(), "updated_at": now_ms()}
        row = Row(number, identity, data, "api")
        table.insert(row)
        created = True
    else:
        created = False
        if body["revision"] >= row.data["revision"]:
            stamps = {"id": row.id, "created_at": row.data["created_at"], "updated_at": now_ms()}
            table.change(row, {**body, **stamps})
    row.writes += 1
    exchange.world.version += 1
    answer = {"id": row.id, "created": created, "revision": row.data["revision"]}
    return 201 if created else 200, {"response": answer}


def _stored_call(exchange: Exchange) -> Row:
    row = exchange.account.tables["calls"].same_external(exchange.identity)
    if row is None:
        raise Refusal(404, "not_found", "no such call", [("external_id", "not_found")])
    return row


def _patch_call(exchange: Exchange, body: dict[str, Any]) -> Reply:
    row = _stored_call(exchange)
    if body.get("revision", row.data["revision"]) >= row.data["revision"]:
        data = merged(row.data, body, nested=("source", "links"))
        exchange.account.tables["calls"].change(row, data)
    row.writes += 1
    exchange.world.version += 1
    return 200, {"response": row.data}


def _create_event(exchange: Exchange, body: dict[str, Any]) -> Reply:
    table = exchange.account.tables["call_events"]
    there = table.same_external(body["event_id"])
    if there is not None and not exchange.force:
        return 200, {"response": {"id": there.id, "created": False}}
    number, identity = exchange.world.next_id("call_events")
    data = {"id": identity, "external_id": body["event_id"], **body, "created_at": now_ms()}
    table.insert(Row(number, identity, data, "api", writes=1))
    exchange.world.version += 1
    return 201, {"response": {"id": identity, "created": True}}
