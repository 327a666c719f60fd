"""The control interface of the simulated CRM. No key; JSON in, JSON out; refusals are 422.

POST   /_sim/reset        {"seed": "demo"|"empty"|{seed document}, "fault_seed": n}, all optional:
                          new world, default settings, no faults, empty log, counters at 0
POST   /_sim/seed         {"accounts": [{"key", "account_id"?, "name"?, "timezone"?, "currency"?,
                          "default_country"?, "scopes"?, "template": "demo"?, <things>}]} makes
                          accounts; {"account": key or id (first one), <things>} adds to one.
                          <things>: "users", "pipelines" (with "stages"), "custom_fields",
                          "clients", "leads", "deals", "tasks" in the shapes of section 3.1, short
                          forms get defaults; "generate": {"users": n, "clients": n}
                          -> 201 {"accounts": [account ids]}
GET    /_sim/accounts     [{"key", "account_id", "scopes", "revoked", ...}]
POST   /_sim/accounts/<key or id>  {"key": new key, "revoked": bool, "scopes": [...]}, all optional
GET    /_sim/config       the settings
POST   /_sim/config       some of: latency_seconds (0); idempotency on | conflict | off (true and
                          false mean on and off; conflict answers 409); search_lag_phone_seconds,
                          search_lag_external_id_seconds (0); ids plain | big | big_number (beyond
                          2^53, as text or as JSON numbers); odd_keys (false); key_places, a list of
                          query, header, bearer (["query"]); deleted_status 404 | 410 | 422 for a
                          deleted row that a request names or links to; validation_status 422 | 400;
                          refuse_inactive_users (false)
POST   /_sim/faults       one order {"name", "count": n|null, "probability": 0..1, "match": {
                          "operation", "method", "path", "account"}, "seconds", "skip": n,
                          ...options} or {"faults": [orders], "seed": n} -> 201 {"added": [...]};
                          names and options: `wrongs.py`, also under "known" of
GET    /_sim/faults       {"active", "fired": {name: n}, "fired_by_operation", "seed", "known"}
DELETE /_sim/faults[/<name>]  {"removed": n}; the fired counters stay until a reset
GET    /_sim/requests     {"total", "requests": [{"at", "method", "path", "operation", "status",
                          "ms", "account", "fault"}]}; ?limit=n; status 0 = got no answer
DELETE /_sim/requests
GET    /_sim/written      {"clients": [...], "leads", "deals", "tasks", "calls", "call_events"} in
                          order of creation: what the API wrote; each row whole, with "_account",
                          "_origin" (seed, api, person), "_writes", "_deleted".
                          ?entity=leads, ?account=, ?all=1 also what nobody wrote to
GET    /_sim/audit        per external_id how many rows the API ever made: {"pending": late commits
                          under way, "entities": {table: {"total", "distinct", "doubled":
                          {external_id: n}, "counts": {external_id: n}}}, "doubled_phones":
                          {digits: n}}; ?account=, ?counts=0 without the counts
POST   /_sim/entities/<table>/<id>/delete   somebody deletes a row or a user by hand
POST   /_sim/entities/<table>/<id>/patch    {field: value}: somebody changes it; ?account= for both

Operations to match: get_account, list_users, list_pipelines, list_custom_fields, list_clients,
find_clients_by_phone, {find,get,create,update}_{client,lead,deal,task}, put_call, patch_call,
create_call_event. Replies that the contract leaves open: PATCH answers the whole object; PUT of a
call answers {"id", "created", "revision"}; a PATCH of a call merges `source` and `links` by key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulators import kit
from simulators.behomes import report
from simulators.behomes.api import Crm
from simulators.behomes.rows import merged
from simulators.behomes.seeds import add_seed, seeded_world
from simulators.behomes.world import Account

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_control(app: web.Application, crm: Crm, *, seed: str) -> None:
    """Add the control addresses that only this simulator has."""
    control = Control(crm, seed)
    for method, path, handler in (
        ("POST", "/_sim/reset", control.reset),
        ("POST", "/_sim/seed", control.seed),
        ("GET", "/_sim/accounts", control.accounts),
        ("POST", "/_sim/accounts/{account}", control.change_account),
        ("GET", "/_sim/config", control.config),
        ("POST", "/_sim/config", control.configure),
        ("GET", "/_sim/written", control.written),
        ("GET", "/_sim/audit", control.audit),
        ("POST", "/_sim/entities/{table}/{id}/delete", control.delete),
        ("POST", "/_sim/entities/{table}/{id}/patch", control.patch),
    ):
        app.router.add_route(method, path, _answering_422(handler))


class Control:
    """One method per address; ValueError means 422."""

    def __init__(self, crm: Crm, seed: str) -> None:
        self.crm = crm
        self.first_seed = seed

    async def reset(self, request: web.Request) -> web.Response:
        body = await kit.json_body(request)
        world = seeded_world(body.get("seed", self.first_seed))
        world.version = self.crm.world.version + 1
        self.crm.world = world
        self.crm.faults.reset(seed=body.get("fault_seed"))
        self.crm.log.clear()
        return kit.reply({"accounts": [account.account_id for account in world]})

    async def seed(self, request: web.Request) -> web.Response:
        touched = add_seed(self.crm.world, await kit.json_body(request))
        return kit.reply({"accounts": touched}, status=201)

    async def accounts(self, _request: web.Request) -> web.Response:
        return kit.reply([_described(account) for account in self.crm.world])

    async def change_account(self, request: web.Request) -> web.Response:
        body = await kit.json_body(request)
        account = _wanted(self.crm, request.match_info["account"])
        unknown = set(body) - {"key", "revoked", "scopes"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        accounts = self.crm.world.accounts
        if body.get("key", account.key) != account.key:
            accounts[body["key"]] = accounts.pop(account.key)
            account.key = body["key"]
        account.revoked = bool(body.get("revoked", account.revoked))
        account.scopes = list(body.get("scopes", account.scopes))
        return kit.reply(_described(account))

    async def config(self, _request: web.Request) -> web.Response:
        return kit.reply(self.crm.world.config.describe())

    async def configure(self, request: web.Request) -> web.Response:
        self.crm.world.config.update(await kit.json_body(request))
        return kit.reply(self.crm.world.config.describe())

    async def written(self, request: web.Request) -> web.Response:
        query = request.query
        only = _wanted(self.crm, query["account"]) if "account" in query else None
        everything = report.written(self.crm.world, only, untouched=query.get("all") == "1")
        entity = query.get("entity")
        if entity is not None and entity not in everything:
            raise ValueError(f"no entity {entity!r}; known: {', '.join(everything)}")
        return kit.reply({entity: everything[entity]} if entity else everything)

    async def audit(self, request: web.Request) -> web.Response:
        query = request.query
        only = _wanted(self.crm, query["account"]) if "account" in query else None
        counts = query.get("counts") != "0"
        return kit.reply(report.audit(self.crm.world, only, counts=counts))

    async def delete(self, request: web.Request) -> web.Response:
        account, table, identity = self._row(request)
        if table == "users":
            del account.users[identity]
        else:
            account.tables[table].delete(identity)
        self.crm.world.version += 1
        return kit.reply({"deleted": identity})

    async def patch(self, request: web.Request) -> web.Response:
        body = await kit.json_body(request)
        account, table, identity = self._row(request)
        if table == "users":
            data = account.users[identity] = {**account.users[identity], **body}
        else:
            row = account.tables[table].rows[identity]
            before = row.data.get("client_id")
            data = merged(row.data, body, nested=("custom_fields",))
            account.tables[table].change(row, data)
            account.tie_to_client(table, row, before=before)
        self.crm.world.version += 1
        return kit.reply(data)

    def _row(self, request: web.Request) -> tuple[Account, str, str]:
        """The account that holds the row of the path. Raises ValueError if none does."""
        table, identity = request.match_info["table"], request.match_info["id"]
        name = request.query.get("account")
        for account in [_wanted(self.crm, name)] if name else self.crm.world:
            rows: dict[str, Any] = account.users
            if table != "users":
                rows = account.tables[table].rows if table in account.tables else {}
            if identity in rows:
                return account, table, identity
        raise ValueError(f"no {table} {identity}")


def _wanted(crm: Crm, name: str) -> Account:
    account = crm.world.account(name)
    if account is None:
        raise ValueError(f"no account {name!r}")
    return account


def _described(account: Account) -> dict[str, Any]:
    return {"key": account.key, "revoked": account.revoked, **account.describe()}


def _answering_422(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (ValueError, KeyError, TypeError) as error:
            return kit.reply({"error": str(error)}, status=422)

    return guarded
