"""JSON-RPC over HTTP: envelope, key, points, parameters, faults (reference, section 1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulators import kit
from simulators.callgear import faulting
from simulators.callgear.account import Account
from simulators.callgear.checks import COMMON, Param, check, is_number
from simulators.callgear.errors import RpcError
from simulators.callgear.points import Points, limit_exceeded
from simulators.callgear.world import World
from simulators.faults import Fault

Result = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a method gets: the world, the account of the key, the checked parameters."""

    world: World
    account: Account
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Method:
    """One documented method. `is_open`: it needs no key."""

    run: Callable[[Asked], Result]
    params: tuple[Param, ...] = ()
    is_open: bool = False


@dataclass
class Exchange:
    """One request on its way through the checks."""

    request_id: Any = None
    operation: str = "?"
    account: Account | None = None
    points: Points | None = None
    fault: str = ""


class Endpoint:
    """One of the two APIs."""

    def __init__(self, world: World, name: str, methods: Mapping[str, Method]) -> None:
        self._world = world
        self._name = name
        self._methods = methods

    async def handle(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        exchange = Exchange()
        raw = await request.read()
        try:
            body = _envelope(raw, exchange)
            answer = await self._answer(request, body, exchange)
        except RpcError as error:
            answer = kit.reply(self._refusal(error, exchange))
        self._world.log.add(
            request,
            operation=exchange.operation,
            status=answer.status,
            started=started,
            account=str(exchange.account.app_id) if exchange.account else "",
            fault=exchange.fault,
        )
        return answer

    async def _answer(self, request: web.Request, body: Result, exchange: Exchange) -> web.Response:
        method = self._methods.get(exchange.operation)
        if method is None:
            raise RpcError("method_not_found", value=exchange.operation)
        params = body["params"]
        context = {"operation": exchange.operation, "account": self._find(params, exchange)}
        broken = self._break(request, exchange, context, params)
        if broken is not None:
            return broken
        result = self._run(method, params, exchange)
        await self._hold(exchange, context)
        if self._pick(("reset_after",), exchange, context):
            return kit.cut_connection(request)
        return kit.reply({"jsonrpc": "2.0", "id": exchange.request_id, "result": result})

    def _find(self, params: Result, exchange: Exchange) -> str:
        """The account of the key, if there is one: faults may be meant for one account."""
        token = params.get("access_token")
        if isinstance(token, str):
            exchange.account = self._world.account_of_token(token)
        if exchange.account is None:
            return ""
        exchange.points = exchange.account.points[self._name]
        return str(exchange.account.app_id)

    def _run(self, method: Method, params: Result, exchange: Exchange) -> Result:
        if method.is_open:
            check(params, method.params)
            return method.run(Asked(self._world, self._world.account(), params))
        account, points = self._authorised(params, exchange)
        points.require()
        check(params, COMMON + method.params)
        result = method.run(Asked(self._world, account, params))
        points.charge()
        if "metadata" in result:
            metadata = {**result.pop("metadata"), "limits": points.describe()}
            result[self._world.config.metadata_name] = metadata
        return result

    def _authorised(self, params: Result, exchange: Exchange) -> tuple[Account, Points]:
        if "access_token" not in params:
            raise RpcError("required_parameter_missed", field="access_token")
        if not isinstance(params["access_token"], str):
            raise RpcError("data_type_error", field="access_token")
        if exchange.account is None or exchange.points is None:
            raise RpcError("access_token_invalid")
        state = self._world.token_state(exchange.account, params["access_token"])
        if state != "active":
            raise RpcError(f"access_token_{state}")
        if not exchange.account.is_active:
            raise RpcError("account_inactive")
        return exchange.account, exchange.points

    def _refusal(self, error: RpcError, exchange: Exchange) -> Result:
        metadata = {"limits": exchange.points.describe()} if exchange.points else None
        if metadata and error.mnemonic == "limit_exceeded" and error.params:
            self._show_used_up(metadata["limits"], error.params)
        return {
            "jsonrpc": "2.0",
            "id": exchange.request_id,
            "error": error.describe(metadata),
        }

    def _show_used_up(self, limits: dict[str, int], params: dict[str, Any]) -> None:
        kind = params["limit_type"]
        limits[f"{kind}_remaining"] = 0
        limits[f"{kind}_reset"] = int(params.pop("reset", limits[f"{kind}_reset"]))

    def _pick(
        self, names: tuple[str, ...], exchange: Exchange, context: dict[str, str]
    ) -> Fault | None:
        fault = self._world.faults.pick(names, context)
        if fault:
            exchange.fault = fault.name
        return fault

    def _break(
        self, request: web.Request, exchange: Exchange, context: dict[str, str], params: Result
    ) -> web.Response | None:
        """Show a fault that hinders the execution, if one fires."""
        names: tuple[str, ...] = faulting.RPC_BEFORE
        if is_number(params.get("offset")) and params["offset"] > 0:
            names = ("page_fails", *names)
        fault = self._pick(names, exchange, context)
        match fault and fault.name:
            case None:
                return None
            case "reset":
                return kit.cut_connection(request)
            case "html":
                return web.Response(text=faulting.HTML, content_type="text/html")
            case "http_error" | "page_fails":
                return _http_error(fault)
            case _:
                raise _as_rpc_error(fault, exchange, request)

    async def _hold(self, exchange: Exchange, context: dict[str, str]) -> None:
        fault = self._pick(("slow", "no_answer"), exchange, context)
        if fault:
            await asyncio.sleep(60.0 if fault.seconds is None else fault.seconds)


def _envelope(raw: bytes, exchange: Exchange) -> Result:
    try:
        body = kit.loads(raw.decode("utf-8"))
    except ValueError as error:
        raise RpcError("parse_error") from error
    if isinstance(body, list):
        raise RpcError("batch_operations_not_supported")
    if not isinstance(body, dict):
        raise RpcError("invalid_request")
    if "id" not in body:
        raise RpcError("notifications_not_supported")
    if not isinstance(body["id"], str) and not is_number(body["id"]):
        raise RpcError("invalid_request", field="id")
    exchange.request_id = body["id"]
    if body.get("jsonrpc") != "2.0":
        raise RpcError("invalid_request", field="jsonrpc")
    for name, kind in (("method", str), ("params", dict)):
        if not isinstance(body.get(name), kind):
            raise RpcError("invalid_request", field=name)
    exchange.operation = body["method"]
    return body


def _http_error(fault: Fault | None) -> web.Response:
    assert fault is not None
    status = int(fault.options.get("status", 502 if fault.name == "page_fails" else 500))
    if fault.options.get("html", fault.name == "page_fails"):
        return web.Response(text=faulting.HTML, content_type="text/html", status=status)
    return web.Response(status=status)


def _as_rpc_error(fault: Fault | None, exchange: Exchange, request: web.Request) -> RpcError:
    assert fault is not None
    options = fault.options
    match fault.name:
        case "limit_exceeded":
            kind = options.get("limit_type", "minute")
            limit = exchange.points.windows[kind].limit if exchange.points else 0
            error = limit_exceeded(kind, limit)
            if error.params is not None and "reset" in options:
                error.params["reset"] = options["reset"]
            return error
        case "ip_not_whitelisted":
            text = f"Access from IP address {request.remote} is not allowed"
            return RpcError(fault.name, params={"ip": request.remote}, message=text)
        case "rpc_error":
            mnemonic = str(options.get("mnemonic", "internal_error"))
            return RpcError(mnemonic, code=options.get("code"), message=options.get("message"))
        case name:
            return RpcError(name)
