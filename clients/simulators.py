"""The demo's simulators: make a call happen at CallGear, look at what Behomes holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from clients.errors import RefusedError
from clients.http import Http

SECONDS = 3.0
KINDS = {"clients": "client", "leads": "lead", "deals": "deal", "tasks": "task", "calls": "call"}


@dataclass(frozen=True)
class CrmEntry:
    """One thing in the simulated CRM; `kind` is client, lead, deal, task or call."""

    kind: str
    id: str
    title: str
    responsible_user_id: str | None
    at_ms: int


class CallSimulator:
    """The simulated PBX behind an integration's Data API address."""

    def __init__(self, http: Http, data_api_url: str) -> None:
        self._http = http
        self._origin = origin(data_api_url)

    def make_call(self, order: dict[str, Any]) -> str:
        """Start one call: a member list of `POST /_sim/calls`; its id. Raises ClientError."""
        made = _ask(self._http, "POST", f"{self._origin}/_sim/calls", order)
        return str(made["call_session_id"])

    def make_calls(self, order: dict[str, Any]) -> None:
        """Start a stream of calls. Raises ClientError."""
        _ask(self._http, "POST", f"{self._origin}/_sim/calls/stream", order)


class CrmSimulator:
    """The simulated CRM behind an integration's Behomes address."""

    def __init__(self, http: Http, base_url: str) -> None:
        self._http = http
        self._origin = origin(base_url)

    def board_url(self, locale: str) -> str:
        return f"{self._origin}/board?lang={locale}"

    def latest(self, limit: int) -> list[CrmEntry]:
        """What was written last, newest first. Raises ClientError."""
        written = _ask(self._http, "GET", f"{self._origin}/_sim/written", None)
        entries = [
            _entry(kind, row) for table, kind in KINDS.items() for row in written.get(table, [])
        ]
        return sorted(entries, key=lambda entry: entry.at_ms, reverse=True)[:limit]


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _entry(kind: str, row: dict[str, Any]) -> CrmEntry:
    title = row.get("name") or row.get("title") or row.get("text") or row.get("client_phone") or ""
    moment = row.get("created_at") or row.get("ended_at") or row.get("started_at") or 0
    identity = row.get("id") or row.get("external_id") or ""
    return CrmEntry(kind, str(identity), str(title), row.get("responsible_user_id"), int(moment))


def _ask(http: Http, method: str, url: str, body: dict[str, Any] | None) -> Any:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    sent = json.dumps(body).encode() if body is not None else None
    reply = http.send(method, url, headers=headers, body=sent, timeout=SECONDS)
    if reply.status >= 400:
        raise RefusedError(reply.body[:200].decode(errors="replace"), status=reply.status)
    return json.loads(reply.body)
