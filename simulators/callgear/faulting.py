"""The faults that this simulator can be told to show. How they are ordered: `simulators.faults`.

`match` compares `operation` (the JSON-RPC method; for notifications the event), `account` (app_id)
and, for notifications, `call` (call_session_id).
"""

from __future__ import annotations

KNOWN = {
    "rpc_error": "any error: options `mnemonic`, `code` and `message` (else as documented)",
    "limit_exceeded": "options `limit_type` minute (default) or day, `reset` seconds",
    "ip_not_whitelisted": "the caller's address is not on the list",
    "access_token_expired": "the key is past its life",
    "access_token_invalid": "the key is unknown",
    "access_token_blocked": "the key is blocked",
    "slow": "the answer comes after `seconds`",
    "no_answer": "the request is carried out (a call really starts), no answer for `seconds` (60)",
    "http_error": "HTTP status `status` (500), with an HTML page if `html`",
    "html": "HTTP 200 with an HTML page",
    "reset": "connection reset, nothing executed",
    "reset_after": "connection reset, executed",
    "page_fails": "HTTP 502 for pages with an offset above 0",
    "employees_change": "after this answer the first employee goes and a new one comes",
    "duplicated": "a notification is sent `copies` (2) times, `seconds` apart",
    "delayed": "a notification is sent `seconds` later, the others are not held up",
    "reordered": "a notification is sent after the next one of its call",
    "dropped": "a notification is not sent",
    "record_never": "the call gets no record",
    "record_late": "the record comes `seconds` later (not scaled by speed)",
    "row_late": "the report shows the call `seconds` after its end (not scaled by speed)",
}
RPC_BEFORE = (
    "rpc_error",
    "limit_exceeded",
    "ip_not_whitelisted",
    "access_token_expired",
    "access_token_invalid",
    "access_token_blocked",
    "http_error",
    "html",
    "reset",
)
NOTIFICATION = ("duplicated", "delayed", "reordered", "dropped")
HTML = "<!doctype html><html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>"
