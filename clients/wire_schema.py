"""What may stand in `clients/behomes.toml`: our words, and what each of them holds.

Kinds of a member: `id`, `text`, `texts` (a list), `number`, `flag`, `time`, `json` (as it is),
`word:<words>`, `object:<object>`, `objects:<object>` (a list of them).
"""

from __future__ import annotations

from collections.abc import Mapping

KEY_PLACES = ("query", "header", "bearer")
BODY_KINDS = ("json", "form")
TIME_FORMATS = ("epoch_ms", "epoch_s", "iso8601")
PAGING_STYLES = ("page", "offset", "cursor")
METHODS = ("GET", "POST", "PUT", "PATCH")

# operation -> what its path must hold, and the query parameters that we fill
OPERATIONS: Mapping[str, tuple[str | None, tuple[str, ...]]] = {
    "account": (None, ()),
    "users": (None, ()),
    "pipelines": (None, ()),
    "custom_fields": (None, ("entity",)),
    "find_clients": (None, ("phone",)),
    "list_clients": (None, ("updated_since",)),
    "get_client": ("id", ()),
    **{f"find_{entity}": (None, ("reference",)) for entity in ("client", "lead", "deal", "task")},
    **{f"create_{entity}": (None, ()) for entity in ("client", "lead", "deal", "task")},
    **{f"update_{entity}": ("id", ()) for entity in ("client", "lead", "deal", "task")},
    "put_call": ("reference", ()),
    "patch_call": ("reference", ()),
    "call_event": (None, ()),
}

CAPABILITIES = (
    "search_by_phone",
    "list_clients",
    "search_by_reference",
    "reference_in_answers",
    "pipelines",
    "custom_fields",
    "leads",
    "deals",
    "tasks",
    "close_tasks",
    "calls",
    "patch_call",
    "call_events",
)

OBJECTS: Mapping[str, Mapping[str, str]] = {
    "account": {
        "account_id": "id",
        "name": "text",
        "timezone": "text",
        "currency": "text",
        "default_country": "text",
        "scopes": "texts",
    },
    "user": {
        "id": "id",
        "name": "text",
        "email": "text",
        "phones": "texts",
        "extension": "text",
        "team": "text",
        "active": "flag",
    },
    "client": {
        "id": "id",
        "external_id": "text",
        "name": "text",
        "phones": "texts",
        "responsible_user_id": "id",
        "comment": "text",
        "source": "object:source",
        "custom_fields": "json",
        "url": "text",
        "created_at": "time",
        "open_leads": "objects:open_item",
        "open_deals": "objects:open_item",
    },
    "open_item": {"id": "id", "pipeline_id": "id", "stage_id": "id"},
    "lead": {
        "id": "id",
        "external_id": "text",
        "client_id": "id",
        "deal_id": "id",
        "title": "text",
        "comment": "text",
        "responsible_user_id": "id",
        "source": "object:source",
        "custom_fields": "json",
        "created_at": "time",
    },
    "deal": {
        "id": "id",
        "external_id": "text",
        "client_id": "id",
        "lead_id": "id",
        "title": "text",
        "comment": "text",
        "pipeline_id": "id",
        "stage_id": "id",
        "responsible_user_id": "id",
        "source": "object:source",
        "custom_fields": "json",
        "created_at": "time",
    },
    "task": {
        "id": "id",
        "external_id": "text",
        "type": "word:task_type",
        "text": "text",
        "due_at": "time",
        "status": "word:task_status",
        "responsible_user_id": "id",
        "phone": "text",
        "link": "object:link",
        "custom_fields": "json",
        "created_at": "time",
    },
    "source": {"channel": "text", "provider": "text", "virtual_number": "text"},
    "link": {"entity": "word:entity", "id": "id"},
    "call": {
        "external_id": "text",
        "direction": "word:direction",
        "status": "word:call_status",
        "started_at": "time",
        "answered_at": "time",
        "ended_at": "time",
        "duration": "object:duration",
        "client_phone": "text",
        "line_number": "text",
        "employee": "object:call_employee",
        "participants": "objects:participant",
        "links": "object:call_links",
        "recordings": "objects:recording",
        "source": "object:call_source",
        "note": "text",
        "revision": "number",
    },
    "duration": {"wait": "number", "talk": "number", "total": "number"},
    "call_employee": {"user_id": "id", "provider_id": "text", "extension": "text"},
    "participant": {"user_id": "id", "talk": "number"},
    "call_links": {"client_id": "id", "lead_id": "id", "deal_id": "id"},
    "recording": {"url": "text", "seconds": "number"},
    "call_source": {"scenario": "text", "campaign": "text", "tags": "texts"},
    "call_event": {
        "event_id": "text",
        "event": "word:event",
        "occurred_at": "time",
        "expires_at": "time",
        "call_external_id": "text",
        "direction": "word:direction",
        "client_phone": "text",
        "line_number": "text",
        "user_ids": "texts",
        "client": "object:event_client",
        "links": "object:call_links",
    },
    "event_client": {"id": "id", "name": "text", "url": "text"},
    "pipeline": {
        "id": "id",
        "entity": "word:entity",
        "name": "text",
        "sort": "number",
        "stages": "objects:stage",
    },
    "stage": {"id": "id", "name": "text", "kind": "word:stage_kind", "sort": "number"},
    "custom_field": {
        "key": "id",
        "title": "text",
        "entity": "word:entity",
        "type": "word:field_type",
        "required": "flag",
        "options": "objects:option",
    },
    "option": {"id": "id", "title": "text"},
}
# What nothing works without: these must have a path.
NEEDED = frozenset({"account.account_id", "user.id", "client.id", "lead.id", "deal.id", "task.id"})

WORDS: Mapping[str, tuple[str, ...]] = {
    "entity": ("client", "lead", "deal", "task"),
    "direction": ("inbound", "outbound"),
    "call_status": (
        "answered",
        "missed",
        "busy",
        "no_answer",
        "rejected",
        "failed",
        "voicemail",
        "canceled",
        "unknown",
    ),
    "event": ("ringing", "answered", "ended", "missed"),
    "task_type": ("call_back", "call", "meeting", "other"),
    "task_status": ("open", "done"),
    "stage_kind": ("open", "won", "lost"),
    "field_type": (
        "string",
        "text",
        "number",
        "money",
        "boolean",
        "date",
        "datetime",
        "enum",
        "multi_enum",
        "phone",
        "email",
        "url",
        "user",
        "project",
    ),
}

ERROR_CLASSES = ("auth", "forbidden", "not_found", "duplicate", "limit", "temporary")
