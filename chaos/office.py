"""The office that the campaign plays: its PBX account, its people, its settings by the seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

CRM_KEY = "demo-behomes-key"
PBX_TOKEN = "chaos-callgear-token"
ZONE = "Asia/Dubai"
LINES = ("97140000001", "97140000002", "97140000003")
IGNORED = "97144440000"
# Who of the PBX is who in the CRM: 105 is inactive there, 106 has nobody.
USERS = {101: "u_17", 102: "u_18", 103: "u_19", 104: "u_20", 105: "u_24"}
INACTIVE = {"u_24"}
EMPLOYEES = (101, 102, 103, 104, 105, 106)
RESPONSIBLE = {"inbound": "u_22", "outbound": "u_23"}
# Clients of the CRM's demo data who can be told by their number, and whom it finds.
KNOWN_CLIENTS = {
    "971500000101": "c_502",
    "971500000102": "c_503",
    "971500000103": "c_504",
    "971500000104": "c_506",  # twice in the CRM; this one has the open lead
}
LIMITS = {"per_second": 1000, "burst": 1000, "in_flight": 32}
CREATES = ("lead", "deal", "lead_and_deal", "nothing")
TALKERS = ("answered_by", "finished_by", "from_settings")


@dataclass(frozen=True)
class Office:
    """What of the settings decides what is made; `creates`, `owners` by direction and contact."""

    creates: dict[tuple[str, str], str]
    owners: dict[tuple[str, str], str]
    once_per_client: bool
    close_when_reached: bool

    def settings(self) -> dict[str, Any]:
        """The settings document. Texts name the call, so that what was made tells whose it is."""
        named = {"title": "Lead {{call_session_id}}"}, {"title": "Deal {{call_session_id}}"}
        task = {
            "due_minutes": 15,
            "once_per_client": self.once_per_client,
            "close_when_reached": self.close_when_reached,
        }
        return {
            "incoming": self._side("inbound"),
            "outgoing": self._side("outbound"),
            "tasks": {
                "lost_incoming": {"assign": "from_settings", **task},
                "failed_outgoing": {"assign": "caller", **task},
            },
            "templates": {
                "lead": named[0],
                "deal": named[1],
                "task": {"text": "Call back {{call_session_id}}"},
            },
            "funnels": {"pipeline_id": "p_2", "stage_id": "s_21"},
            "responsible": {
                "incoming_user_id": RESPONSIBLE["inbound"],
                "outgoing_user_id": RESPONSIBLE["outbound"],
            },
            "ignore": {"numbers": [f"+{IGNORED}"]},
            "fields": [
                _row("f1", "lead", "talk_seconds", "{{talk_duration}}"),
                _row("f2", "lead", "utm_source", "{{utm_source}}"),
                _row("f3", "deal", "talk_seconds", "{{talk_duration}}"),
            ],
        }

    def _side(self, direction: str) -> dict[str, Any]:
        first, repeat = (
            {"create": self.creates[direction, contact], "owner": self.owners[direction, contact]}
            for contact in ("first", "repeat")
        )
        return {"first": {"create_client": True, **first}, "repeat": repeat}


def office_of(seed: int) -> Office:
    """The settings of a seed. Seed 1 is chosen so that a short run touches everything."""
    if seed == 1:
        creates = ("lead_and_deal", "lead", "deal", "lead_and_deal")
        owners = ("answered_by", "finished_by", "caller", "from_client_card")
        return _office(creates, owners, once_per_client=True, close_when_reached=False)
    dice = random.Random(f"office {seed}")
    creates = (
        dice.choice(CREATES),
        dice.choice(CREATES),
        dice.choice(CREATES),
        dice.choice(CREATES),
    )
    owners = (
        dice.choice(TALKERS),
        dice.choice(TALKERS),
        dice.choice(("caller", "from_settings")),
        dice.choice((*TALKERS, "from_client_card")),
    )
    once, close = dice.random() < 0.7, dice.random() < 0.5
    return _office(creates, owners, once_per_client=once, close_when_reached=close)


def _office(
    creates: tuple[str, ...],
    owners: tuple[str, ...],
    *,
    once_per_client: bool,
    close_when_reached: bool,
) -> Office:
    cases = [(side, contact) for side in RESPONSIBLE for contact in ("first", "repeat")]
    return Office(
        dict(zip(cases, creates, strict=True)),
        dict(zip(cases, owners, strict=True)),
        once_per_client,
        close_when_reached,
    )


def _row(name: str, entity: str, target: str, value: str) -> dict[str, Any]:
    return {"id": name, "entity": entity, "target": target, "value": value, "overwrite": False}


def integration_file(office: Office, *, crm_url: str, pbx_url: str) -> dict[str, Any]:
    """FILE of `integrations create`."""
    return {
        "title": "Chaos",
        "timezone": ZONE,
        "default_country": "AE",
        "locale": "en",
        "behomes": {"base_url": crm_url, "api_key": CRM_KEY, "limits": LIMITS},
        "callgear": {
            "data_api_url": f"{pbx_url}/v2.0",
            "call_api_url": f"{pbx_url}/v4.0",
            "access_token": PBX_TOKEN,
        },
        "user_mapping": [
            {"crm_user_id": user, "employee_id": str(employee)} for employee, user in USERS.items()
        ],
        "settings": office.settings(),
        "publish": True,
    }


def pbx_account() -> dict[str, Any]:
    """The account in the simulated PBX; its points are no part of what is tried by default."""
    return {
        "app_id": 60001,
        "name": "Chaos",
        "timezone": ZONE,
        "tokens": {PBX_TOKEN: "active"},
        "limits": {"day": 10_000_000, "minute": 1_000_000},
        "employees": [
            {
                "id": employee,
                "last_name": "Agent",
                "first_name": f"Number {employee}",
                "email": f"agent.{employee}@example.com",
                "extension": str(employee + 16),
                "phones": [f"0160{employee}"],
            }
            for employee in EMPLOYEES
        ],
        "numbers": [
            {"virtual_phone_number": line, "name": f"Line {number}"}
            for number, line in enumerate(LINES, start=1)
        ],
    }
