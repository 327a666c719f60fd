"""Open a recording behind one of our signed links; the PBX's own link is never given away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.http import Stream
from models import CallSession, Integration
from models.base import from_ms, now_ms
from services import recording_links
from services.ports import Ports


@dataclass(frozen=True)
class Playable:
    """A recording that exists. `is_open`: the link opens it without a login."""

    integration_id: int
    call_session_id: str
    url: str
    media_hosts: tuple[str, ...]
    is_open: bool
    participants: tuple[str, ...]


def find_recording(session: Session, signed: str, ports: Ports) -> Playable | None:
    """What a signed link opens; None for a changed link and for a recording that is gone."""
    link = recording_links.read(signed, ports.secret_key)
    if link is None:
        return None
    query = (
        select(CallSession, Integration)
        .join(Integration, Integration.id == CallSession.integration_id)
        .where(CallSession.id == link.session_row_id)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    call, integration = row
    urls = [each["url"] for each in call.facts.get("recordings", [])]
    url = next((each for each in urls if recording_links.record_id(each) == link.record), None)
    if url is None:
        return None
    now = from_ms(session.execute(select(now_ms())).scalar_one())
    known = (call.facts.get(name) for name in ("answered_by", "finished_by", "caller"))
    return Playable(
        integration_id=integration.id,
        call_session_id=call.call_session_id,
        url=url,
        media_hosts=tuple(integration.media_hosts),
        is_open=now - link.made_at <= timedelta(days=ports.recording_link_days),
        participants=tuple(sorted({employee for employee in known if employee})),
    )


def open_recording(playable: Playable, range_header: str | None, ports: Ports) -> Stream:
    """Start reading it from the media host. Raises ClientError."""
    return ports.http.stream(
        playable.url, allowed_hosts=playable.media_hosts, range_header=range_header
    )
