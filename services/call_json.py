"""A call as commands and the CRM's API tell it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession, CrmWrite, Decision, TraceEntry
from rules.decide import HISTORY_ONLY, NO_TASK

# Stored so that they are not made again, but no rule of the office made them.
NOT_BY_RULES = (HISTORY_ONLY, NO_TASK)
FACTS = ("direction", "outcome", "client_phone", "answered_by", "finished_by", "caller")
CREATED = ("client_id", "lead_id", "deal_id", "task_id")


def find_session(session: Session, integration_id: int, call_session_id: str) -> CallSession | None:
    query = select(CallSession).where(
        CallSession.integration_id == integration_id,
        CallSession.call_session_id == call_session_id,
    )
    return session.scalar(query)


def call_as_json(session: Session, call: CallSession) -> dict[str, Any]:
    """State, facts, decisions and what was created."""
    query = select(Decision).where(Decision.session_row_id == call.id).order_by(Decision.id)
    return {
        "call_session_id": call.call_session_id,
        "state": call.state,
        "state_reason": call.state_reason,
        "settings_version": call.settings_version,
        "facts": {name: (call.facts or {}).get(name) for name in FACTS},
        "decisions": [
            _decision(row) for row in session.scalars(query) if row.rule not in NOT_BY_RULES
        ],
        "created": {name: (call.created or {}).get(name) for name in CREATED},
    }


def writes_as_json(session: Session, call: CallSession) -> list[dict[str, Any]]:
    """The rows of the ledger, without what they carry: bodies hold phones and names."""
    query = select(CrmWrite).where(CrmWrite.session_row_id == call.id).order_by(CrmWrite.id)
    return [
        {
            "kind": row.kind,
            "reference": row.reference,
            "status": row.status,
            "crm_id": row.crm_id,
            "attempts": row.attempts,
            "next_at": row.next_at.isoformat() if row.next_at else None,
            "error": row.error,
        }
        for row in session.scalars(query)
    ]


def trace_as_json(session: Session, call: CallSession) -> list[dict[str, Any]]:
    query = select(TraceEntry).where(TraceEntry.session_row_id == call.id).order_by(TraceEntry.id)
    return [
        {"at": row.at.isoformat(), "code": row.code, "values": row.values}
        for row in session.scalars(query)
    ]


def _decision(row: Decision) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "contact": row.contact,
        "create": row.create,
        "owner_rule": row.owner_rule,
        "owner_user_id": row.owner_user_id,
        "fallback": row.fallback,
    }
