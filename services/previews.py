"""Calls on which the template editor shows what its texts make: samples, and the last real ones."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallSession, Decision, Integration, Notification
from rules.creates import Naming
from rules.crm import Client
from rules.events import Event
from rules.facts import CallFacts, Surroundings, fold
from rules.formats import Regional
from rules.pbx import CallRow
from rules.sample_calls import Example, Sample, sample_call
from rules.vocabulary import Contact, Direction
from services.call_rows import event_of
from services.office_lists import OfficeLists, read_office_lists
from services.recording_links import RecordingLink, record_id, sign
from services.reports import report_of

RECENT = 10


def regional_of(integration: Integration) -> Regional:
    """How people of this office read numbers and times."""
    zone = ZoneInfo(integration.timezone)
    return Regional(integration.locale, zone, integration.default_country)


def recent_calls(session: Session, integration_id: int) -> Sequence[CallSession]:
    """The last real calls with somebody outside, newest first."""
    query = (
        select(CallSession)
        .where(
            CallSession.integration_id == integration_id,
            CallSession.direction.in_([Direction.INBOUND, Direction.OUTBOUND]),
        )
        .order_by(CallSession.started_at.desc(), CallSession.id.desc())
        .limit(RECENT)
    )
    return session.scalars(query).all()


def read_example(
    session: Session,
    integration: Integration,
    chosen: str,
    *,
    public_base_url: str,
    secret_key: str,
) -> Example:
    """The chosen call: a word of `Sample`, or the id of a call session of this integration.

    What is not there any more becomes the first sample.
    """
    regional = regional_of(integration)
    if chosen in list(Sample):
        return sample_call(Sample(chosen), regional)
    query = select(CallSession).where(
        CallSession.integration_id == integration.id, CallSession.call_session_id == chosen
    )
    call = session.scalar(query)
    if call is None:
        return sample_call(Sample.NEW, regional)
    lists = read_office_lists(session, integration.id, integration.default_country)
    facts = fold(_events(session, call), _surroundings(integration, call, lists))
    naming = Naming(
        people=lists.people,
        number_names=lists.number_names,
        call_url=f"{public_base_url}/integrations/{integration.id}/calls/{call.call_session_id}",
        recording_url=_recording_url(call, facts, public_base_url, secret_key),
    )
    decision = _decision(session, call)
    return Example(
        facts,
        Client(**call.client) if call.client else None,
        naming,
        regional,
        owner=decision.owner_user_id if decision else None,
        contact=Contact(decision.contact) if decision and decision.contact else None,
    )


def _events(session: Session, call: CallSession) -> list[Event]:
    query = select(Notification).where(Notification.session_row_id == call.id)
    return [event_of(row) for row in session.scalars(query.order_by(Notification.id))]


def _surroundings(integration: Integration, call: CallSession, lists: OfficeLists) -> Surroundings:
    return Surroundings(
        zone=ZoneInfo(integration.phone_zone),
        country=integration.default_country,
        own_numbers=lists.own_numbers,
        employee_by_email=lists.employee_by_email,
        report=report_of(call.report) or CallRow(call.call_session_id),
        is_closed=call.closed,
    )


def _recording_url(
    call: CallSession, facts: CallFacts, public_base_url: str, secret_key: str
) -> str | None:
    """The link that the CRM was given."""
    if not facts.recordings:
        return None
    link = RecordingLink(call.id, record_id(facts.recordings[0].url), call.first_seen_at)
    return f"{public_base_url}/recordings/{sign(link, secret_key)}"


def _decision(session: Session, call: CallSession) -> Decision | None:
    query = (
        select(Decision)
        .where(Decision.session_row_id == call.id, Decision.kind == "contact")
        .order_by(Decision.number.desc())
        .limit(1)
    )
    return session.scalar(query)
