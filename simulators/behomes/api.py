"""The CRM's HTTP side: key, scope, operation, faults, answer."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from simulators import kit
from simulators.behomes import effects, wrongs
from simulators.behomes.errors import Refusal, scope_missing, unauthorized
from simulators.behomes.exchange import Exchange, split_target
from simulators.behomes.operations import PREFIX, Operation, resolve
from simulators.behomes.world import Account, World
from simulators.behomes.writing import Commit


class Crm:
    """Answers every request below /v4/crm/."""

    def __init__(self, world: World, *, faults: kit.Faults, log: kit.RequestLog) -> None:
        self.world = world
        self.faults = faults
        self.log = log

    async def handle(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        raw = await request.read()
        seen = _Seen()
        try:
            response = await self._answer(request, raw, seen)
        except Refusal as refusal:
            response = refusal.response()
        if seen.lost and (request.transport is None or request.transport.is_closing()):
            seen.status = 0
        self.log.add(
            request,
            operation=seen.operation,
            status=seen.status if seen.status is not None else response.status,
            started=started,
            account=seen.account,
            fault=",".join(seen.faults),
        )
        return response

    async def _answer(self, request: web.Request, raw: bytes, seen: _Seen) -> web.StreamResponse:
        path, query = split_target(request.raw_path)
        operation, identity = resolve(request.method, path, query)
        seen.operation = operation.name
        account = self._account(request, query)
        seen.account = account.account_id
        world = self.world
        exchange = Exchange(
            world, request, operation.name, operation.subject, identity, account, raw, query
        )
        if world.config.latency_seconds:
            await asyncio.sleep(world.config.latency_seconds)
        if self.faults.active:
            return await self._with_faults(exchange, operation, seen, path)
        _check_scope(exchange, operation)
        return _answer_with(exchange, _prepare(exchange, operation))

    def _account(self, request: web.Request, query: list[tuple[str, str]]) -> Account:
        places = self.world.config.key_places
        key = next((value for name, value in query if name == "api_key"), None)
        if key is None or "query" not in places:
            key = _key_in_headers(request, places)
        account = self.world.accounts.get(key) if key else None
        if account is None or account.revoked:
            raise unauthorized()
        return account

    async def _with_faults(
        self, exchange: Exchange, operation: Operation, seen: _Seen, path: str
    ) -> web.StreamResponse:
        faults, name = self.faults, operation.name
        context = {
            "operation": name,
            "method": exchange.request.method,
            "path": path,
            "account": exchange.account.account_id,
        }
        slow = faults.pick(wrongs.SLOW, context)
        if slow:
            seen.faults.append(slow.name)
            await asyncio.sleep(2.0 if slow.seconds is None else slow.seconds)
        before = faults.pick(wrongs.BEFORE_OF[name], context)
        if before:
            seen.note(before.name)
            return await effects.spoil_before(exchange, operation, before)
        _check_scope(exchange, operation)
        self._pick_shaping(exchange, context, seen)
        commit = _prepare(exchange, operation)
        after = faults.pick(wrongs.AFTER_OF[name], context)
        if after:
            seen.note(after.name)
            return await effects.spoil_after(exchange, commit, after)
        return _answer_with(exchange, commit)

    def _pick_shaping(self, exchange: Exchange, context: dict[str, str], seen: _Seen) -> None:
        for name in wrongs.SHAPING_OF[exchange.operation]:
            fault = self.faults.pick((name,), context)
            if fault:
                seen.faults.append(name)
                exchange.shaping[name] = fault


class _Seen:
    """What the request log is told about a request."""

    __slots__ = ("account", "faults", "lost", "operation", "status")

    def __init__(self) -> None:
        self.operation = ""
        self.account = ""
        self.faults: list[str] = []
        self.lost = False
        self.status: int | None = None

    def note(self, fault: str) -> None:
        self.faults.append(fault)
        if fault.startswith(("reset_", "timeout_")) or fault == "late_commit":
            self.lost = True


def _key_in_headers(request: web.Request, places: list[str]) -> str | None:
    if "header" in places and "X-Api-Key" in request.headers:
        return request.headers["X-Api-Key"]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if "bearer" in places and scheme.lower() == "bearer" else None


def _check_scope(exchange: Exchange, operation: Operation) -> None:
    if operation.scope and operation.scope not in exchange.account.scopes:
        raise scope_missing(operation.scope)


def _prepare(exchange: Exchange, operation: Operation) -> Commit:
    if operation.write is not None:
        return operation.write(exchange)
    read = operation.read
    assert read is not None, operation.name
    return lambda: read(exchange)


def _answer_with(exchange: Exchange, commit: Commit) -> web.Response:
    status, body = commit()
    config, shaping = exchange.world.config, exchange.shaping
    if "user_deleted" in shaping:
        _delete_user(exchange, body["response"])
    if config.odd_keys or "odd_keys" in shaping:
        body = effects.odd(body)
    if config.ids == "big_number":
        body = effects.with_number_ids(body)
    return kit.reply(body, status=status)


def _delete_user(exchange: Exchange, page: list[dict[str, object]]) -> None:
    wanted = exchange.shaping["user_deleted"].options.get("user_id")
    identity = wanted or (page[0]["id"] if page else "")
    exchange.account.users.pop(str(identity), None)
    exchange.world.version += 1


def add_crm(app: web.Application, crm: Crm) -> None:
    """Put the CRM under its address."""
    app.router.add_route("*", PREFIX + "{tail:.*}", crm.handle)
