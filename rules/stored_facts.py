"""The facts of a call as they are stored with it, for pages and for deciding anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rules.facts import CallFacts
from rules.phones import Phone
from rules.vocabulary import Direction, Outcome


def facts_as_json(facts: CallFacts) -> dict[str, Any]:
    """Facts as the pages show them; times in ISO 8601."""
    return {
        "direction": _word(facts.direction),
        "outcome": _word(facts.outcome),
        "client_phone": facts.client_phone.value if facts.client_phone else None,
        "answered_by": facts.answered_by,
        "finished_by": facts.finished_by,
        "caller": facts.caller,
        "virtual_number": facts.virtual_number,
        "is_ended": facts.is_ended,
        "is_transfer": facts.is_transfer,
        "rung": list(facts.rung),
        "talks": [
            {"employee_id": talk.employee_id, "seconds": talk.seconds} for talk in facts.talks
        ],
        "answered_at": facts.answered_at.isoformat() if facts.answered_at else None,
        "wait_seconds": facts.wait_seconds,
        "talk_seconds": facts.talk_seconds,
        "total_seconds": facts.total_seconds,
        "end_reason": facts.end_reason,
        "tags": list(facts.tags),
        "recordings": [asdict(recording) for recording in facts.recordings],
        "employee_name": facts.members.get("employee_full_name"),
        "scenario": facts.members.get("scenario_name"),
    }


def deciding_facts(
    call_session_id: str, stored: Mapping[str, Any], started_at: datetime | None
) -> CallFacts:
    """Stored facts as far as decisions ask for them: what only texts need is left empty.

    Decisions of these are those of the facts that were stored; only that a first talker was
    guessed is no longer known.
    """
    phone = stored.get("client_phone")
    return CallFacts(
        call_session_id=call_session_id,
        direction=Direction(stored["direction"]) if stored.get("direction") else None,
        received_phone=phone,
        client_phone=Phone(phone, phone.startswith("+")) if phone else None,
        virtual_number=stored.get("virtual_number"),
        outcome=Outcome(stored["outcome"]) if stored.get("outcome") else None,
        is_ended=bool(stored.get("is_ended")),
        is_transfer=bool(stored.get("is_transfer")),
        answered_by=stored.get("answered_by"),
        finished_by=stored.get("finished_by"),
        caller=stored.get("caller"),
        is_first_known=True,
        needs_report=False,
        talks=(),
        rung=tuple(stored.get("rung") or ()),
        started_at=started_at,
        answered_at=None,
        ended_at=None,
        wait_seconds=stored.get("wait_seconds"),
        talk_seconds=stored.get("talk_seconds"),
        total_seconds=stored.get("total_seconds"),
        end_reason=stored.get("end_reason"),
        recordings=(),
        tags=(),
        external_id=None,
        members={},
        parameters={},
    )


def _word(value: str | None) -> str | None:
    return None if value is None else str(value)
