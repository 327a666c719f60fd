"""The guided live check: an admin makes a call, and each link of the chain is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession, Decision, Integration, Notification, UserMapping
from rules.live_chain import Link, Seen, chain, is_over
from rules.vocabulary import Direction
from services.integrations import database_now
from services.last_signs import CALL_EVENTS, last_received
from services.webhook_card import read_received

# A check is about calls that are made now; and there may be many of them.
WAITS = timedelta(hours=1)
NOTIFICATIONS_SEEN = 60
CALLS_SEEN = 5


@dataclass(frozen=True)
class LiveCheck:
    """`calls` came since the check began, the oldest first; `call` is the one looked at."""

    began_at: datetime
    calls: Sequence[CallSession]
    call: CallSession | None
    links: tuple[Link, ...]
    employee_id: str | None

    @property
    def is_over(self) -> bool:
        return self.call is not None and is_over(self.links)


def begin(session: Session, integration_id: int) -> None:
    """From now on the next call is the test call."""
    integration = session.get_one(Integration, integration_id)
    integration.live_check_at = database_now(session)
    session.commit()


def look(
    session: Session, integration: Integration, call_session_id: str | None = None
) -> LiveCheck | None:
    """What the test call has lit so far; None before the check has begun."""
    began_at = integration.live_check_at
    if began_at is None:
        return None
    calls = _calls_since(session, integration.id, began_at)
    chosen = next((call for call in calls if call.call_session_id == call_session_id), None)
    call = chosen or next(iter(calls), None)
    employee_id = _employee_of(call) if call else None
    seen = _see(session, integration, began_at, call, employee_id)
    return LiveCheck(began_at, calls, call, chain(seen), employee_id)


def _calls_since(
    session: Session, integration_id: int, began_at: datetime
) -> Sequence[CallSession]:
    came = (
        select(Notification.call_session_id)
        .where(
            Notification.integration_id == integration_id,
            Notification.kind.in_(CALL_EVENTS),
            Notification.received_at.between(began_at, began_at + WAITS),
        )
        .order_by(Notification.received_at)
        .limit(NOTIFICATIONS_SEEN)
    )
    query = (
        select(CallSession)
        .where(
            CallSession.integration_id == integration_id,
            CallSession.call_session_id.in_(came),
            CallSession.first_seen_at >= began_at,
        )
        .order_by(CallSession.first_seen_at, CallSession.id)
        .limit(CALLS_SEEN)
    )
    return session.scalars(query).all()


def _see(
    session: Session,
    integration: Integration,
    began_at: datetime,
    call: CallSession | None,
    employee_id: str | None,
) -> Seen:
    now = database_now(session)
    if call is None:
        received = last_received(session, integration.id).values()
        rejected = read_received(session, integration.id).rejected
        return Seen(
            seconds=(now - began_at).total_seconds(),
            has_notification=any(at >= began_at for at in received),
            has_rejected=any(each.at >= began_at for each in rejected),
        )
    # By our clock: the PBX's may differ, and it tells when the call ended.
    silence = (now - call.updated_at).total_seconds()
    facts = call.facts
    is_ended = bool(facts.get("is_ended"))
    return Seen(
        seconds=silence,
        has_notification=True,
        has_call=True,
        direction=call.direction,
        has_phone=bool(call.client_phone),
        employee_id=employee_id,
        user_id=_user_of(session, integration.id, employee_id),
        is_published=integration.published_version is not None,
        is_paused=integration.paused_at is not None,
        is_decided=_is_decided(session, call.id),
        state=call.state,
        state_reason=call.state_reason,
        has_recording=bool(facts.get("recordings")),
        is_answered=call.outcome == "answered",
        ended_seconds=silence if is_ended else None,
    )


def _employee_of(call: CallSession) -> str | None:
    order = ("answered_by", "finished_by", "caller")
    if call.direction == Direction.OUTBOUND:
        order = ("caller", "answered_by", "finished_by")
    return next((call.facts[name] for name in order if call.facts.get(name)), None)


def _user_of(session: Session, integration_id: int, employee_id: str | None) -> str | None:
    query = select(UserMapping.crm_user_id).where(
        UserMapping.integration_id == integration_id, UserMapping.employee_id == employee_id
    )
    return session.scalars(query).first() if employee_id else None


def _is_decided(session: Session, row_id: int) -> bool:
    query = select(Decision.id).where(Decision.session_row_id == row_id).limit(1)
    return session.scalars(query).first() is not None
