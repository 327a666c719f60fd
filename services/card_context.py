"""What we know of a caller without asking anybody: our index, our own calls, our settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession, CrmList
from models.base import to_ms
from rules.cards import CardFacts
from rules.crm import Client, OpenItem
from rules.phones import Phone
from services import known_clients
from services.offices import Office, Offices

LAST_CALLS = 3
FRESH_SECONDS = 60


def read_known(
    session: Session, office: Office, phone: Phone
) -> tuple[dict[str, Any] | None, bool] | None:
    """Whom the index has for the number (None: nobody), and whether that needs no asking any more;
    None if it does not know the number."""
    known = known_clients.find(session, office.account_row_id, phone)
    if known is None:
        return None
    is_fresh = known.age < FRESH_SECONDS
    if known.client is None:
        return None, is_fresh
    has_open = known.client.open_leads or known.client.open_deals
    stages = read_stages(session, office.integration_id) if has_open else {}
    return client_as_json(known.client, office, stages), is_fresh


def client_as_json(
    client: Client, office: Office, stages: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """A client as cards show him. His address only if a browser may follow it."""
    url = client.url or ""
    return {
        "id": client.id,
        "name": client.name,
        "url": url if url.startswith(("https://", "http://")) else None,
        "responsible_user_id": client.responsible_user_id,
        "responsible": office.people.names.get(client.responsible_user_id or ""),
        "open_leads": [_shown(item, stages) for item in client.open_leads],
        "open_deals": [_shown(item, stages) for item in client.open_deals],
    }


def read_source(
    session: Session, offices: Offices, office: Office, call_session_id: str, facts: CardFacts
) -> dict[str, Any]:
    """How the call came, and what we know of the caller from our own history."""
    line = facts.virtual_number or ""
    return {
        "campaign": facts.campaign,
        "scenario": facts.scenario,
        "line_name": office.number_names.get(line) or office.number_names.get(f"+{line}"),
        "last_calls": _last_calls(session, office, call_session_id, facts.phone),
        "rules_create": _rules_create(session, offices, office),
    }


def read_stages(session: Session, integration_id: int) -> dict[str, tuple[str, str]]:
    """Stage id -> names of its pipeline and of itself."""
    query = select(CrmList.rows).where(
        CrmList.integration_id == integration_id, CrmList.kind == "pipelines"
    )
    return {
        str(stage.get("id")): (str(row.get("name") or ""), str(stage.get("name") or ""))
        for row in session.scalar(query) or []
        for stage in row.get("stages") or []
    }


def _last_calls(
    session: Session, office: Office, call_session_id: str, phone: Phone | None
) -> list[dict[str, Any]]:
    if phone is None:
        return []
    query = (
        select(
            CallSession.call_session_id,
            CallSession.started_at,
            CallSession.direction,
            CallSession.outcome,
            CallSession.employee_id,
            CallSession.facts["employee_name"].as_string().label("employee"),
        )
        .where(
            CallSession.integration_id == office.integration_id,
            CallSession.client_phone == phone.value,
            CallSession.call_session_id != call_session_id,
        )
        .order_by(CallSession.started_at.desc())
        .limit(LAST_CALLS)
    )
    return [
        {
            "call": row.call_session_id,
            "at": to_ms(row.started_at),
            "direction": row.direction,
            "outcome": row.outcome,
            "employee": row.employee,
        }
        for row in session.execute(query)
    ]


def _rules_create(session: Session, offices: Offices, office: Office) -> bool:
    """Whether the published rules make a client of an unknown caller by themselves."""
    if office.published_version is None or office.is_paused:
        return False
    settings = offices.settings(session, office.integration_id, office.published_version)
    return settings.incoming.first.create_client


def _shown(item: OpenItem, stages: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    pipeline, stage = stages.get(item.stage_id or "", ("", ""))
    return {"id": item.id, "pipeline": pipeline or None, "stage": stage or None}
