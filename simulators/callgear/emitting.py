"""The part of the control interface that makes something happen: calls, raw bodies, questions."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from simulators import kit
from simulators.callgear.account import Account
from simulators.callgear.calls import Call, Row
from simulators.callgear.manager import ask_manager, choose_employees
from simulators.callgear.orders import DEFAULT_CONTACT, Order, make_call
from simulators.callgear.player import Player
from simulators.callgear.sender import Sender
from simulators.callgear.shapes import Rendered, check_shape
from simulators.callgear.stream import Stream
from simulators.callgear.world import World


class Emitter:
    """The handlers that emit."""

    def __init__(self, world: World, sender: Sender, player: Player) -> None:
        self._world = world
        self._sender = sender
        self._player = player

    async def call(self, request: web.Request) -> web.Response:
        order = Order.read(await kit.json_body(request))
        call = await self.start_call(order)
        answer: Row = {"call_session_id": call.id, "state": call.state}
        if order.wait:
            answer["sent"] = [row for row in self._world.sent if row["call_session_id"] == call.id]
        return kit.reply(answer, status=201)

    async def start_call(self, order: Order) -> Call:
        """Make the call and play it; with `wait` returns after its last notification."""
        if order.shape is not None:
            check_shape(order.shape)
        if order.ask_manager:
            order.employees = await self._route(order) or order.employees
        call = make_call(self._world, order)
        playing = self._world.start(self._player.play(call, notify=order.notify))
        if order.wait:
            await playing
        return call

    async def _route(self, order: Order) -> list[int]:
        account = self._world.account(order.account)
        if account.manager_url is None:
            raise ValueError("ask_manager needs the account's manager_url")
        order.call_session_id = order.call_session_id or self._world.next_call_id()
        asked = await self._ask(account, account.manager_url, vars(order))
        return choose_employees(account, asked["answer"])

    async def _ask(self, account: Account, url: str, body: Row) -> Row:
        params = _manager_params(account, body)
        row = await ask_manager(
            self._sender,
            url,
            params,
            encoding=body.get("encoding", "query"),
            timeout=body.get("timeout", 5.0),
        )
        self._world.asked.append({"account": account.app_id, "params": params, **row})
        return row

    async def stream(self, request: web.Request) -> web.Response:
        body = await kit.json_body(request)
        stream = Stream(self._world, self._player, body)
        plan = stream.plan()
        playing = self._world.start(stream.play(plan))
        if body.get("wait"):
            await playing
        ids = [order.call_session_id for _, order in plan]
        return kit.reply({"call_session_ids": ids}, status=201)

    async def release(self, request: web.Request) -> web.Response:
        call_id = int(request.match_info["id"])
        for account in self._world.accounts.values():
            if call_id in account.calls:
                account.calls[call_id].released.set()
                return kit.reply({})
        raise KeyError(call_id)

    async def notify(self, request: web.Request) -> web.Response:
        body = await kit.json_body(request)
        raw = body.get("body", "")
        text = raw if isinstance(raw, str) else kit.dumps(raw)
        kind = body.get("content_type", "application/json")
        rendered = Rendered(body.get("method", "POST"), body.get("query", ""), text.encode(), kind)
        urls = [body["url"]] if "url" in body else self._urls(body.get("account"))
        facts = {"event": "raw", "call_session_id": None, "shape": "raw", "attempt": 1}
        rows = [
            await self._sender.send(url, rendered, account=body.get("account"), **facts)
            for _ in range(body.get("count", 1))
            for url in urls
        ]
        return kit.reply({"sent": rows})

    def _urls(self, app_id: int | None) -> list[str]:
        return list(dict.fromkeys(hook.url for hook in self._world.account(app_id).webhooks))

    async def manager(self, request: web.Request) -> web.Response:
        body = await kit.json_body(request)
        account = self._world.account(body.get("account"))
        url = body.get("url") or account.manager_url
        if not url:
            raise ValueError("url is missing and the account has no manager_url")
        results = [await self._ask(account, url, body) for _ in range(body.get("count", 1))]
        return kit.reply({"results": results})


def _manager_params(account: Account, body: dict[str, Any]) -> Row:
    return {
        "cdr_id": 123,
        "start_time": account.now.isoformat(sep=" ", timespec="seconds"),
        "input_result": "None",
        "numa": body.get("contact") or DEFAULT_CONTACT,
        "numb": body.get("virtual_number") or account.numbers[0]["virtual_phone_number"],
        "call_session_id": body.get("call_session_id") or 700000199,
    }
