"""Good bodies in our words, and every method of the CRM client called once."""

from __future__ import annotations

from rules.vocabulary import Entity

SOURCE = {"channel": "phone", "provider": "callgear"}
BODIES = {
    Entity.CLIENT: {
        "name": "Call +12025550150",
        "phones": ["+12025550150"],
        "responsible_user_id": "u_17",
        "comment": None,
        "source": SOURCE,
        "custom_fields": {"utm_source": "google"},
    },
    Entity.LEAD: {
        "client_id": "c_501",
        "title": "Call from +12025550143",
        "comment": None,
        "responsible_user_id": "u_17",
        "source": {**SOURCE, "virtual_number": "+12025550100"},
        "custom_fields": {},
    },
    Entity.DEAL: {
        "client_id": "c_501",
        "lead_id": "l_900",
        "title": "Call from +12025550143",
        "comment": None,
        "pipeline_id": "p_2",
        "stage_id": "s_21",
        "responsible_user_id": "u_17",
        "custom_fields": {},
    },
    Entity.TASK: {
        "type": "call_back",
        "text": "Call back +12025550143",
        "due_at": "2026-01-01T00:15:00+00:00",
        "responsible_user_id": "u_17",
        "phone": "+12025550143",
        "link": {"entity": "lead", "id": "l_900"},
    },
}
CALL = {
    "direction": "inbound",
    "status": "answered",
    "started_at": "2026-01-01T00:00:00+00:00",
    "answered_at": "2026-01-01T00:00:12+00:00",
    "ended_at": "2026-01-01T00:02:05+00:00",
    "duration": {"wait": 12, "talk": 113, "total": 125},
    "client_phone": "+12025550143",
    "line_number": "+12025550100",
    "employee": {"user_id": "u_17", "provider_id": "101", "extension": "117"},
    "participants": [{"user_id": "u_17", "talk": 113}],
    "links": {"client_id": "c_501", "lead_id": "l_900", "deal_id": None},
    "recordings": [],
    "source": {"scenario": "Main IVR", "campaign": None, "tags": []},
    "note": None,
    "revision": 2,
}
EVENT = {
    "event_id": "cg-ev-1",
    "event": "ringing",
    "occurred_at": "2026-01-01T00:00:00+00:00",
    "expires_at": "2026-01-01T00:00:30+00:00",
    "call_external_id": "cg-call-1",
    "direction": "inbound",
    "client_phone": "+12025550143",
    "line_number": "+12025550100",
    "user_ids": ["u_17", "u_18"],
    "client": {"id": "c_501", "name": "Client Sample", "url": None},
    "links": {"lead_id": "l_900"},
}

METHODS = {
    "account": lambda crm: crm.account(timeout=2),
    "users": lambda crm: list(crm.users(timeout=2)),
    "pipelines": lambda crm: crm.pipelines(timeout=2),
    "custom_fields": lambda crm: crm.custom_fields("deal", timeout=2),
    "find_clients": lambda crm: crm.find_clients(["+12025550143"], timeout=2),
    "clients_page": lambda crm: crm.clients_page(None, None, timeout=2),
    "get_client": lambda crm: crm.get_client("c_501", timeout=2),
    "find_by_reference": lambda crm: crm.find_by_reference("task", "cg-1", timeout=2),
    "create": lambda crm: crm.create("lead", BODIES[Entity.LEAD], reference="cg-1", timeout=2),
    "update": lambda crm: crm.update("client", "c_501", {"name": "x"}, timeout=2),
    "put_call": lambda crm: crm.put_call("cg-call-1", CALL, timeout=2),
    "patch_call": lambda crm: crm.patch_call("cg-call-1", {"note": "x"}, timeout=2),
    "send_call_event": lambda crm: crm.send_call_event(EVENT, timeout=2),
}
WRITES = ("create", "update", "put_call", "patch_call", "send_call_event")


def written(behomes, table):
    """What the API wrote into this table of the simulated CRM."""
    return behomes.control("GET", f"/_sim/written?entity={table}")[table]
