"""An office with its two simulated sides, for tests of the employee sync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CrmUserRow, EmployeeRow, SyncItem, SyncRun, UserMapping
from services import sync_runs
from services.sync_employees import Limits, Outcome, work
from services.sync_store import SyncStore
from tests.callgear import CALL, DATA, TOKEN
from tests.factories import Server
from tests.simulated import Simulator


@dataclass
class TwoSides:
    """`crm` and `pbx` hold what the test put there, and nothing else."""

    server: Server
    pbx: Simulator

    def plant(self, users: Sequence[Any], employees: Sequence[Any] = (), **account: Any) -> None:
        """Fill both sides anew: users of the CRM, employees of the PBX."""
        server, key = self.server, self.server.crm.key
        seed = {"accounts": [{"key": key, "account_id": f"acc_{key}", "users": list(users)}]}
        server.crm.control("POST", "/_sim/reset", {"seed": seed})
        self.pbx.control("POST", "/_sim/reset", {})
        planted = {"app_id": 50001, "tokens": {TOKEN: "active"}, "employees": list(employees)}
        self.pbx.control("POST", "/_sim/seed", {"accounts": [{**planted, **account}]})

    def connect(self) -> None:
        server, url = self.server, self.pbx.url
        server.reach(urlsplit(url).netloc)
        callgear = {"data_api_url": url + DATA, "call_api_url": url + CALL, "access_token": TOKEN}
        server.use(callgear=callgear, user_mapping=[])

    def start(self, **options: Any) -> int:
        with Session(self.server.engine) as session:
            options = {"origin": "button", **options}
            return sync_runs.start(session, self.server.id, **options).run_id

    def work(self, run_id: int, limits: Limits | None = None) -> Outcome:
        return work(self.server.engine, self.server.ports, run_id, limits)

    def claim(self, run_id: int) -> None:
        """A worker takes the run and is never heard of again."""
        assert SyncStore(self.server.engine, run_id, "gone").claim()

    def sync(self, **options: Any) -> SyncRun:
        """A whole run; what became of it."""
        run_id = self.start(**options)
        self.work(run_id)
        return self.run(run_id)

    def run(self, run_id: int) -> SyncRun:
        with Session(self.server.engine, expire_on_commit=False) as session:
            return session.get_one(SyncRun, run_id)

    def results(self, run: SyncRun) -> dict[str, tuple[str, str]]:
        """CRM user -> result and reason."""
        return {item.crm_user_id: (item.result, item.reason) for item in self.items(run)}

    def items(self, run: SyncRun) -> list[SyncItem]:
        with Session(self.server.engine, expire_on_commit=False) as session:
            query = select(SyncItem).where(SyncItem.run_id == run.id).order_by(SyncItem.position)
            return list(session.scalars(query))

    def pairs(self) -> dict[str, str]:
        with Session(self.server.engine) as session:
            query = select(UserMapping).where(UserMapping.integration_id == self.server.id)
            return {pair.crm_user_id: pair.employee_id for pair in session.scalars(query)}

    def stored(self, model: type[EmployeeRow] | type[CrmUserRow]) -> list[Any]:
        with Session(self.server.engine, expire_on_commit=False) as session:
            return list(
                session.scalars(select(model).where(model.integration_id == self.server.id))
            )

    # The PBX

    def employees(self) -> list[dict[str, Any]]:
        body = {
            "jsonrpc": "2.0",
            "id": "t",
            "method": "get.employees",
            "params": {"access_token": TOKEN},
        }
        answer = self.pbx.session.post(self.pbx.url + DATA, json=body, timeout=10).json()
        found: list[dict[str, Any]] = answer["result"]["data"]
        return found

    def pbx_fault(self, name: str, operation: str, **order: Any) -> None:
        order = {"name": name, "match": {"operation": operation}, **order}
        self.pbx.control("POST", "/_sim/faults", order)

    def asked(self, operation: str) -> int:
        log = self.pbx.control("GET", "/_sim/requests")["requests"]
        return sum(one["operation"] == operation for one in log)


def person(number: int, **more: Any) -> dict[str, Any]:
    """A user of the CRM whom the PBX does not know."""
    return {
        "id": f"u_{number}",
        "name": f"Person Number{number}",
        "email": f"person.{number}@example.com",
        "phones": [f"+9715011122{number:02}"],
        "extension": str(300 + number),
        **more,
    }


def employee(number: int, **more: Any) -> dict[str, Any]:
    """An employee of the PBX."""
    return {"id": 100 + number, "last_name": f"Worker{number}", "first_name": "", **more}
