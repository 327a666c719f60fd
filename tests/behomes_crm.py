"""A caller of the Behomes simulator for its own tests: good bodies, and the key in the query."""

from __future__ import annotations

from typing import Any

import requests

from tests.simulated import Simulator

SOURCE = {"channel": "phone", "provider": "callgear"}
BODIES: dict[str, dict[str, Any]] = {
    "clients": {
        "external_id": "cg-client",
        "name": "Call +12025550150",
        "phones": ["+12025550150"],
        "responsible_user_id": "u_17",
        "comment": None,
        "source": SOURCE,
        "custom_fields": {},
    },
    "leads": {
        "external_id": "cg-lead",
        "client_id": "c_501",
        "title": "Call from +12025550143",
        "comment": None,
        "responsible_user_id": "u_17",
        "source": {**SOURCE, "virtual_number": "+12025550100"},
        "custom_fields": {},
    },
    "deals": {
        "external_id": "cg-deal",
        "client_id": "c_501",
        "lead_id": "l_900",
        "title": "Call from +12025550143",
        "comment": None,
        "pipeline_id": "p_2",
        "stage_id": "s_21",
        "responsible_user_id": "u_17",
        "custom_fields": {},
    },
    "tasks": {
        "external_id": "cg-task",
        "type": "call_back",
        "text": "Call back +12025550143",
        "due_at": 1767226500000,
        "responsible_user_id": "u_17",
        "phone": "+12025550143",
        "link": {"entity": "lead", "id": "l_900"},
    },
    "calls": {
        "external_id": "cg-call-1",
        "direction": "inbound",
        "status": "answered",
        "started_at": 1767225600000,
        "answered_at": 1767225612000,
        "ended_at": 1767225725000,
        "duration": {"wait": 12, "talk": 113, "total": 125},
        "client_phone": "+12025550143",
        "line_number": "+12025550100",
        "employee": {"user_id": "u_17", "provider_id": "101", "extension": "117"},
        "participants": [{"user_id": "u_17", "talk": 113}],
        "links": {"client_id": "c_501", "lead_id": "l_900", "deal_id": None},
        "recordings": [{"url": "https://media.example.com/recordings/1", "seconds": 113}],
        "source": {"scenario": "Main IVR", "campaign": None, "tags": []},
        "note": None,
        "revision": 2,
    },
    "call_events": {
        "event_id": "cg-ev-1",
        "event": "ringing",
        "occurred_at": 1767225600000,
        "expires_at": 1767225630000,
        "call_external_id": "cg-call-1",
        "direction": "inbound",
        "client_phone": "+12025550143",
        "line_number": "+12025550100",
        "user_ids": ["u_17", "u_18"],
        "client": {"id": "c_501", "name": "Client Sample", "url": None},
        "links": {"lead_id": "l_900"},
    },
}


class Crm:
    """Speaks to the simulator as the contract says."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.control = simulator.control
        self.url = simulator.url + "/v4/crm"

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "demo-behomes-key",
        timeout: float = 5,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> requests.Response:
        keys = {} if key is None else {"api_key": key}
        # A connection of its own each time: a reset must not reach the next request.
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                f"{self.url}/{path}",
                params={**query, **keys},
                json=body,
                headers=headers,
                timeout=timeout,
            )

    def create(self, entity: str, *, timeout: float = 5, **changes: Any) -> requests.Response:
        return self.send("POST", entity, {**BODIES[entity], **changes}, timeout=timeout)

    def find(self, entity: str, external_id: str) -> list[dict[str, Any]]:
        return self.send("GET", entity, external_id=external_id).json()["response"]

    def by_phone(self, *phones: str) -> list[dict[str, Any]]:
        return self.send("GET", "clients", phone=list(phones)).json()["response"]

    def fault(self, name: str, **order: Any) -> None:
        self.control("POST", "/_sim/faults", {"name": name, **order})

    def fired(self, name: str) -> int:
        return self.control("GET", "/_sim/faults")["fired"].get(name, 0)

    def made(self, entity: str, external_id: str) -> int:
        """How many rows the CRM ever made for this external_id."""
        entities = self.control("GET", "/_sim/audit")["entities"]
        return entities[entity]["counts"].get(external_id, 0)


def problems(response: requests.Response) -> dict[str, str]:
    """field -> code of a canonical refusal."""
    body = response.json()
    assert body["request_id"].startswith("req_")
    assert body["error"]["message"]
    return {detail["field"]: detail["code"] for detail in body["error"]["details"]}


def is_found(server, made, things="tasks"):
    """Whether the CRM's search has come so far."""
    query = f"external_id={made['external_id']}&api_key={server.crm.key}"
    return server.crm.control("GET", f"/v4/crm/{things}?{query}")["response"]
