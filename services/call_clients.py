"""Who the clients of some calls are: name and address in the CRM, for a page of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession, Integration, KnownClient


@dataclass(frozen=True)
class CallClient:
    """`url` is a web address, else None: what the CRM gives is not trusted to be one."""

    id: str
    name: str | None
    url: str | None


def find_clients(
    session: Session, integration: Integration, calls: Sequence[CallSession]
) -> Mapping[int, CallClient]:
    """By the call's row: the client whom the call was decided with or made, with what the index of
    clients knows of his number today."""
    phones = {call.client_phone for call in calls if call.client_phone}
    query = select(KnownClient).where(
        KnownClient.crm_account_row_id == integration.crm_account_row_id,
        KnownClient.phone.in_(phones),
    )
    known = {row.phone: row for row in session.scalars(query)} if phones else {}
    found = {call.id: _client(call, known.get(call.client_phone or "")) for call in calls}
    return {row_id: client for row_id, client in found.items() if client}


def _client(call: CallSession, known: KnownClient | None) -> CallClient | None:
    told = call.client or {}
    client_id = call.created.get("client_id") or told.get("id")
    is_same = known is not None and known.client_id == client_id
    if not client_id:
        return None
    name, url = told.get("name"), told.get("url")
    if told.get("id") not in (None, client_id):
        name = url = None
    if known is not None and is_same:
        name, url = known.name or name, known.url or url
    return CallClient(str(client_id), name, _web_address(url))


def _web_address(url: str | None) -> str | None:
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("https", "http") and parts.netloc else None
