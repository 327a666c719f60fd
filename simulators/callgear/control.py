"""The control interface: what tests, the demo and the fault campaign tell the simulator.

All under /_sim/, JSON in and out, no key. A body that cannot be understood is a 422 with `error`.

POST /_sim/reset              {"keep_webhooks": false} -> forget all, stop running calls, demo
                              account again; with `keep_webhooks` the first account's targets stay
POST /_sim/seed               {"accounts": [{"app_id", "name", "timezone", "is_active",
                              "tokens": {key: active|expired|blocked}, "logins": {login: password},
                              "limits": {"day": 1000, "minute": 250}, "employees": [{"id",
                              "last_name", "first_name", "email", "extension": "117",
                              "phones": [...]}], "numbers": [{"virtual_phone_number", "name",
                              "comment", "campaign"}], "contacts": [...], "tags": [...],
                              "blacklist": [...]}], "replace": false}; only app_id is required
GET|POST /_sim/config         the switches of `world.Config`; POST changes those that are named
GET|POST|DELETE /_sim/faults  see `simulators.kit`; names in `faulting.py`
POST /_sim/webhooks           {"targets": [{"url", "method", "event" | "events": [...] | "all",
                              "shape", "secret", "extra": [variables], "body": text with
                              {{placeholders}} as an admin types it, instead of a shape}],
                              "account", "manager_url", "add": false}, or one target itself; no
                              event = the recommended set
POST /_sim/calls              {"recipe", "contact", "virtual_number", "employees": [ids],
                              "talk_seconds", "ring_seconds", "speed", "shape", "extra": [...],
                              "call_session_id", "recording": true, "recording_seconds",
                              "marketing": {report field: value}, "tags": [names], "external_id",
                              "direction", "source", "lost_first", "notify": true, "report",
                              "started_at": "YYYY-MM-DD hh:mm:ss", "ask_manager": false,
                              "account": app_id, "wait": false} -> {"call_session_id", "state"};
                              with `wait` it answers when everything has been told, and adds "sent"
POST /_sim/calls/stream       {"count", "seconds", "seed", "mix": {recipe: weight}, "contacts": n,
                              "contact_base", "call": {members as above}, "wait": false}
                              -> {"call_session_ids": [...]}
POST /_sim/calls/<id>/release {} -> somebody hangs up now
GET  /_sim/calls              the calls with state and report row, newest last (?limit=, ?account=)
POST /_sim/notify             {"url" | "account", "method", "body", "content_type", "query",
                              "count": 1} -> {"sent": [...]}: one raw notification as it stands
POST /_sim/manager            {"url" | "account", "contact", "virtual_number", "call_session_id",
                              "encoding": query|form|json, "count": 1, "timeout": 5}
                              -> {"results": [{"status", "answer", "ms", "error"}]}
GET|DELETE /_sim/sent         notifications with event, call, body, attempt, status, ms, error
                              (?limit=, ?call=, ?event=)
GET  /_sim/dialed             accepted start.employee_call requests
GET  /_sim/asked              personal manager questions with answer, status, ms, error
GET  /_sim/written            employees and contacts created or updated
GET|DELETE /_sim/requests     see `simulators.kit`
GET  /_sim/state              counters: calls, running, sent
"""

from __future__ import annotations

from aiohttp import web

from simulators import kit
from simulators.callgear import seed
from simulators.callgear.emitting import Emitter
from simulators.callgear.shapes import check_shape
from simulators.callgear.views import call_row, last_rows, number_of, read_webhook, refusing
from simulators.callgear.world import World


class Control:
    """The handlers of /_sim/."""

    def __init__(self, world: World, emitter: Emitter) -> None:
        self._world = world
        self._emitter = emitter

    def add_to(self, app: web.Application) -> None:
        """Add all addresses."""
        kit.add_controls(app, faults=self._world.faults, log=self._world.log)
        for verb, path, handler in (
            ("POST", "reset", self.reset),
            ("POST", "seed", self.seed),
            ("GET", "config", self.config),
            ("POST", "config", self.configure),
            ("POST", "webhooks", self.webhooks),
            ("POST", "calls", self._emitter.call),
            ("GET", "calls", self.calls),
            ("POST", "calls/stream", self._emitter.stream),
            ("POST", r"calls/{id:\d+}/release", self._emitter.release),
            ("POST", "notify", self._emitter.notify),
            ("POST", "manager", self._emitter.manager),
            ("GET", "sent", self.sent),
            ("DELETE", "sent", self.forget_sent),
            ("GET", "dialed", self.dialed),
            ("GET", "asked", self.asked),
            ("GET", "written", self.written),
            ("GET", "state", self.state),
        ):
            app.router.add_route(verb, f"/_sim/{path}", refusing(handler))

    async def reset(self, request: web.Request) -> web.Response:
        keep_webhooks = bool((await kit.json_body(request)).get("keep_webhooks"))
        await self._world.stop_tasks()
        seed.reset(self._world, keep_webhooks=keep_webhooks)
        return kit.reply({})

    async def seed(self, request: web.Request) -> web.Response:
        body = await kit.json_body(request)
        if body.get("replace"):
            self._world.accounts.clear()
        made = seed.plant(self._world, body["accounts"])
        return kit.reply({"accounts": [account.app_id for account in made]}, status=201)

    async def config(self, _request: web.Request) -> web.Response:
        return kit.reply(self._world.config.describe())

    async def configure(self, request: web.Request) -> web.Response:
        changes = await kit.json_body(request)
        if changes.get("shape") is not None:
            check_shape(changes["shape"])
        self._world.config.update(changes)
        return kit.reply(self._world.config.describe())

    async def webhooks(self, request: web.Request) -> web.Response:
        body = await kit.json_body(request)
        account = self._world.account(body.get("account"))
        targets = body.get("targets", [body] if "url" in body else None)
        if targets is not None:
            made = [read_webhook(target) for target in targets]
            account.webhooks = (account.webhooks if body.get("add") else []) + made
        account.manager_url = body.get("manager_url", account.manager_url)
        return kit.reply({"webhooks": len(account.webhooks), "manager_url": account.manager_url})

    async def calls(self, request: web.Request) -> web.Response:
        account = self._world.account(number_of(request, "account"))
        rows = [call_row(call) for call in account.calls.values()]
        return kit.reply({"calls": last_rows(rows, request)})

    async def sent(self, request: web.Request) -> web.Response:
        call, event = request.query.get("call"), request.query.get("event")
        rows = [
            row
            for row in self._world.sent
            if call in (None, str(row["call_session_id"])) and event in (None, row["event"])
        ]
        return kit.reply({"total": self._world.sent_total, "sent": last_rows(rows, request)})

    async def forget_sent(self, _request: web.Request) -> web.Response:
        self._world.sent.clear()
        self._world.sent_total = 0
        return kit.reply({})

    async def dialed(self, _request: web.Request) -> web.Response:
        return kit.reply({"dialed": self._world.dialed})

    async def asked(self, _request: web.Request) -> web.Response:
        return kit.reply({"asked": self._world.asked})

    async def written(self, _request: web.Request) -> web.Response:
        return kit.reply({"written": self._world.written})

    async def state(self, _request: web.Request) -> web.Response:
        calls = [call for one in self._world.accounts.values() for call in one.calls.values()]
        running = sum(not call.is_ended for call in calls)
        tasks = len(self._world.tasks)
        return kit.reply(
            {
                "accounts": list(self._world.accounts),
                "calls": len(calls),
                "running": running,
                "tasks": tasks,
                "sent": self._world.sent_total,
            }
        )
