"""The demo seed: an invented brokerage. Every run of the simulator begins with the same one."""

from __future__ import annotations

from typing import Any

KEY = "demo-behomes-key"
SEEDED_AT = 1764547200000  # 2025-12-01
WORDS = ("One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight")
TEAMS = ["Off-plan", "Secondary", "Rent"]


def demo_account(key: str = KEY) -> dict[str, Any]:
    """The whole demo account as a seed document."""
    return {
        "key": key,
        "account_id": "acc_1001" if key == KEY else f"acc_{key}",
        "name": "Sample Brokerage LLC",
        "users": [_user(index) for index in range(len(WORDS))],
        "pipelines": PIPELINES,
        "custom_fields": _custom_fields(),
        "clients": _long_ago(CLIENTS),
        "leads": _long_ago(LEADS),
        "deals": _long_ago(DEALS),
    }


def _long_ago(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "created_at": SEEDED_AT, "updated_at": SEEDED_AT} for row in rows]


def _user(index: int) -> dict[str, Any]:
    number = 17 + index
    return {
        "id": f"u_{number}",
        "name": f"Agent {WORDS[index]}",
        "email": f"agent.{WORDS[index].lower()}@example.com",
        "phones": [f"+9715000000{11 + index}"],
        "extension": f"1{number}",
        "team": TEAMS[index % len(TEAMS)],
        "active": number != 24,
        "updated_at": SEEDED_AT,
    }


def _stage(identity: str, name: str, kind: str, sort: int) -> dict[str, Any]:
    return {"id": identity, "name": name, "kind": kind, "sort": sort}


PIPELINES: list[dict[str, Any]] = [
    {
        "id": "p_1",
        "entity": "lead",
        "name": "Leads",
        "sort": 10,
        "stages": [
            _stage("s_11", "New", "open", 10),
            _stage("s_12", "Contacted", "open", 20),
            _stage("s_13", "Qualified", "won", 30),
            _stage("s_14", "Not interested", "lost", 40),
        ],
    },
    {
        "id": "p_2",
        "entity": "deal",
        "name": "Off-plan sale",
        "sort": 20,
        "stages": [
            _stage("s_21", "EOI", "open", 10),
            _stage("s_22", "Viewing", "open", 20),
            _stage("s_23", "Reservation", "open", 30),
            _stage("s_24", "SPA signed", "open", 40),
            _stage("s_28", "Won", "won", 80),
            _stage("s_29", "Lost", "lost", 90),
        ],
    },
]

OPTIONS = [{"id": "o1", "title": "Investment"}, {"id": "o2", "title": "Own use"}]
AREAS = [
    {"id": "a1", "title": "Marina"},
    {"id": "a2", "title": "Downtown"},
    {"id": "a3", "title": "Palm"},
]
# One field of every type that the contract names, for each of client, lead and deal.
FIELDS: list[tuple[str, str, str]] = [
    ("utm_source", "UTM source", "string"),
    ("utm_campaign", "UTM campaign", "string"),
    ("call_details", "Call details", "text"),
    ("talk_seconds", "Talk time, s", "number"),
    ("budget", "Budget", "money"),
    ("is_investor", "Investor", "boolean"),
    ("first_call_on", "First call on", "date"),
    ("last_call_at", "Last call at", "datetime"),
    ("purpose", "Purpose", "enum"),
    ("areas", "Areas", "multi_enum"),
    ("called_number", "Called number", "phone"),
    ("contact_email", "Contact e-mail", "email"),
    ("recording_link", "Recording", "url"),
    ("call_agent", "Agent of the call", "user"),
    ("project", "Project", "project"),
]


def _custom_fields() -> list[dict[str, Any]]:
    options = {"enum": OPTIONS, "multi_enum": AREAS}
    return [
        {
            "key": key,
            "title": title,
            "entity": entity,
            "type": kind,
            "required": False,
            "options": options.get(kind, []),
        }
        for entity in ("client", "lead", "deal")
        for key, title, kind in FIELDS
    ]


CLIENTS: list[dict[str, Any]] = [
    {
        "id": "c_501",
        "name": "Client Sample",
        "phones": ["+12025550143"],
        "responsible_user_id": "u_17",
    },
    {
        "id": "c_502",
        "name": "Client With Deal",
        "phones": ["+971500000101"],
        "emails": ["client.deal@example.com"],
        "responsible_user_id": "u_18",
    },
    {
        "id": "c_503",
        "name": "Client Of Two Numbers",
        "phones": ["+971500000102", "+12025550144"],
        "responsible_user_id": "u_19",
    },
    {"id": "c_504", "name": "Client Of Nobody", "phones": ["+971500000103"]},
    # The same person twice, as happens in any CRM; the second one has the open lead.
    {
        "id": "c_505",
        "name": "Client Twice",
        "phones": ["+971500000104"],
        "responsible_user_id": "u_20",
    },
    {
        "id": "c_506",
        "name": "Client Twice (copy)",
        "phones": ["+971500000104"],
        "responsible_user_id": "u_21",
    },
]
LEADS: list[dict[str, Any]] = [
    {"id": "l_900", "client_id": "c_501", "title": "Site request", "responsible_user_id": "u_17"},
    {"id": "l_901", "client_id": "c_506", "title": "Call back", "responsible_user_id": "u_21"},
]
DEALS: list[dict[str, Any]] = [
    {
        "id": "d_700",
        "client_id": "c_502",
        "title": "Two bedrooms, Marina",
        "pipeline_id": "p_2",
        "stage_id": "s_22",
        "responsible_user_id": "u_18",
    },
]
