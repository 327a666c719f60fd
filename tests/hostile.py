"""An office in which everything that others write or people type is an attack on its pages."""

from __future__ import annotations

from typing import Any

from models import (
    AuditEntry,
    Callback,
    CallSession,
    ClickCall,
    ConsoleToken,
    CrmList,
    CrmUserRow,
    CrmWrite,
    Decision,
    EmployeeRow,
    Integration,
    Invitation,
    Login,
    LoginSession,
    Notification,
    ReplayRun,
    SettingsVersion,
    SyncRun,
    TraceEntry,
    VirtualNumberRow,
    db,
)
from tests.pages import NOON

MARK = "zqx"
# Elements, attributes, schemes; the sign that ends each context; a template; a script's own end.
HOSTILE = (
    f"{MARK}\"'><img src=x onerror=alert(1)><script>alert(2)</script></script>"
    "<svg/onload=alert(3)>{{7*7}}${7*7}{%if 1%}{{config}}javascript:alert(4)"
    "</title></textarea></style>--><a href=javascript:alert(5)>\u202e"
)
# What of each is written by somebody outside, or typed by a person.
FIELDS = {
    Integration: ("title", "draft_author", "crm_error", "pbx_error"),
    Login: ("name",),
    LoginSession: ("agent",),
    CrmUserRow: ("name", "email"),
    EmployeeRow: ("full_name", "email", "extension"),
    CallSession: ("note", "campaign", "virtual_number", "client_phone"),
    Callback: ("client_name", "taken_name", "dismissed_by", "dismissed_why", "virtual_number"),
    ClickCall: ("error", "virtual_number"),
    ConsoleToken: ("agent",),
    Invitation: ("name",),
    Notification: ("raw", "error"),
    ReplayRun: ("author",),
    SyncRun: ("author",),
    SettingsVersion: ("author",),
}
# Settings whose every text is typed by an admin, but for variables that we refuse.
TYPED = HOSTILE.replace("{{", "{ {")
DRAFT: dict[str, Any] = {
    "incoming": {"first": {"create": "lead_and_deal", "owner": "from_settings"}},
    "tasks": {"lost_incoming": {"assign": "from_settings"}},
    "templates": {
        "client": {"name": TYPED, "comment": TYPED},
        "lead": {"title": TYPED, "comment": TYPED},
        "deal": {"title": TYPED, "comment": TYPED},
        "task": {"text": TYPED},
    },
    "funnels": {"pipeline_id": HOSTILE, "stage_id": HOSTILE},
    "responsible": {"incoming_user_id": HOSTILE, "outgoing_user_id": HOSTILE},
    "fields": [
        {"id": "f1", "entity": "lead", "target": HOSTILE[:150], "value": TYPED},
        {
            "id": "f2",
            "entity": "lead",
            "target": f"gone {HOSTILE}"[:150],
            "value": "{{utm_source}}",
        },
    ],
}


def spoil(integration_id: int) -> None:
    """Put the hostile text into all of FIELDS, and into what JSON carries from outside."""
    for model, names in FIELDS.items():
        for row in db.session.scalars(db.select(model)):
            for name in names:
                longest = model.__table__.c[name].type.length or 400
                setattr(row, name, HOSTILE[:longest])
    for call in db.session.scalars(db.select(CallSession)):
        call.client = {"id": HOSTILE[:90], "name": HOSTILE}
        call.facts = {
            **call.facts,
            "end_reason": HOSTILE,
            "tags": [HOSTILE],
            "employee_name": HOSTILE,
        }
    for write in db.session.scalars(db.select(CrmWrite)):
        write.error = {"code": "validation", "message": HOSTILE, "fields": [HOSTILE]}
        write.body = {"name": HOSTILE, "text": HOSTILE}
    for each in db.session.scalars(db.select(Notification)):
        each.members = {"contact_full_name": HOSTILE, "contact_phone_number": HOSTILE}
    for each in db.session.scalars(db.select(Decision)):
        each.owner_user_id = HOSTILE[:90]
    for each in db.session.scalars(db.select(TraceEntry)):
        each.values = {**each.values, "employee_id": HOSTILE, "rule": HOSTILE}
    _spoil_lists(integration_id)
    integration = db.session.get_one(Integration, integration_id)
    integration.draft, integration.draft_saved_at = DRAFT, NOON
    db.session.add(
        Notification(
            integration_id=integration_id,
            event_key="unread",
            kind=HOSTILE[:64],
            state="rejected",
            received_at=NOON,
            raw=HOSTILE,
            error="invalid_json",
            members={},
        )
    )


def _spoil_lists(integration_id: int) -> None:
    """What the CRM and the PBX have named themselves."""
    place = {"integration_id": integration_id}
    stage = {"id": HOSTILE, "name": HOSTILE, "kind": "open"}
    funnel = {"id": HOSTILE, "name": HOSTILE, "entity": "deal", "stages": [stage]}
    field = {"type": "string", "required": False, "options": [], "entity": "lead"}
    rows = [{"key": HOSTILE[:150], "title": HOSTILE, **field}]
    lists = {"pipelines": [funnel], "fields:lead": rows, "fields:client": [], "fields:deal": []}
    for kind, listed in lists.items():
        db.session.add(CrmList(**place, kind=kind, rows=listed, fetched_at=NOON))
    db.session.add(VirtualNumberRow(**place, number="97140000001", name=HOSTILE[:150]))
    told = {"email": HOSTILE, "title": HOSTILE, "origin": HOSTILE, "fields": [HOSTILE]}
    for code, area in (("people.invited", "people"), ("settings.published", "settings")):
        entry = AuditEntry(**place, at=NOON, origin="page", area=area, code=code, values=told)
        entry.who, entry.address = HOSTILE[:150], HOSTILE[:40]
        db.session.add(entry)
