"""Our whole system, joined to the simulated CRM."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from runtime.config import ROOT
from tests.factories import FUNNELS, RESPONSIBLE, TASKS
from tests.stack import Stack

PAYLOADS = ROOT / "tests" / "payloads" / "callgear"
LEAD = {"create": "lead", "owner": "answered_by"}
SETTINGS = {
    "incoming": {"first": LEAD, "repeat": LEAD},
    "outgoing": {"first": {"create": "lead"}, "repeat": {"create": "lead"}},
    "tasks": TASKS,
    "funnels": FUNNELS,
    "responsible": RESPONSIBLE,
    "fields": [
        {"id": "f1", "entity": "lead", "target": "talk_seconds", "value": "{{talk_duration}}"}
    ],
}


@dataclass
class Joined(Stack):
    """Our system, joined to the simulated CRM."""

    crm: Any = None
    made: dict[str, Any] = field(default_factory=dict)

    def create(self) -> None:
        limits = {"per_second": 500, "burst": 500, "in_flight": 8}
        behomes = {"base_url": self.crm.url, "api_key": self.crm.key, "limits": limits}
        pairs = [("101", "u_17"), ("102", "u_18")]
        file = {
            "title": "Dubai office",
            "behomes": behomes,
            "user_mapping": [{"employee_id": e, "crm_user_id": u} for e, u in pairs],
            "settings": SETTINGS,
            "publish": True,
        }
        self.made = self.flask("integrations", "create", "-", typed=json.dumps(file))

    @property
    def id(self) -> str:
        return str(self.made["id"])

    def post(self, path: Path) -> str:
        """Send a payload file as its name says; the word of the answer."""
        body, hook = path.read_bytes(), self.made["webhook_url"]
        shape = path.name.split(".")[1] if path.parent == PAYLOADS else "flat"
        if shape in ("query", "lost_amp"):
            answer = requests.get(f"{hook}?{body.decode()}", timeout=10)
        else:
            form = "application/x-www-form-urlencoded"
            kind = form if shape == "form" else "application/json"
            answer = requests.post(hook, data=body, headers={"Content-Type": kind}, timeout=10)
        assert answer.status_code == 200, (path.name, answer.text)
        word: str = answer.json()["status"]
        return word

    def drain(self, seconds: int = 60) -> dict[str, Any]:
        told: dict[str, Any] = self.flask("calls", "drain", self.id, "--timeout", str(seconds))
        return told

    def audit(self) -> dict[str, int]:
        told = self.crm.control("GET", "/_sim/audit")
        assert told["doubled_phones"] == {}
        assert [one["doubled"] for one in told["entities"].values() if one["doubled"]] == []
        return {name: one["total"] for name, one in told["entities"].items() if one["total"]}

    def kill_broker(self) -> None:
        """The broker keeps nothing: it starts again empty."""
        path = Path(self.environ["INSTANCE_DIR"]) / "broker.url"
        for one in psutil.Process(self.process.pid).children(recursive=True):
            if any(word in one.exe() for word in ("valkey", "redis")):
                one.kill()
        assert path.exists()
