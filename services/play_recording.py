"""Open a recording behind one of our signed links; the PBX's own link is never given away."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.errors import ClientError
from clients.http import Stream
from models import CallSession, Integration
from models.base import from_ms, now_ms
from models.integration import LIVE
from services import recording_links
from services.ports import Ports

logger = logging.getLogger(__name__)

PASSED_ON = ("content-range", "accept-ranges", "content-length")


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
        .where(CallSession.id == link.session_row_id, LIVE)
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


class RecordingAway(Exception):
    """The media host does not answer now."""


@dataclass(frozen=True)
class Audio:
    """A recording that is being read: what to answer, and its bytes, to be iterated once."""

    status: int
    audio_type: str
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


def open_recording(playable: Playable, range_header: str | None, ports: Ports) -> Audio | None:
    """Start reading it from the media host; None if there is no audio. Raises RecordingAway."""
    try:
        stream = ports.http.stream(
            playable.url, allowed_hosts=playable.media_hosts, range_header=range_header
        )
    except ClientError as error:
        logger.warning("recording of call %s: %s", playable.call_session_id, error.code)
        raise RecordingAway from error
    audio_type = _audio_type(stream)
    if stream.status not in (200, 206, 416) or audio_type is None:
        stream.close()
        return None
    headers = {name: stream.headers[name] for name in PASSED_ON if name in stream.headers}
    return Audio(stream.status, audio_type, headers, _chunks(stream, playable.call_session_id))


def _audio_type(stream: Stream) -> str | None:
    """Only audio is passed on; None for a page or another thing in its place."""
    told = stream.headers.get("content-type", "").split(";")[0].strip().lower()
    if told in ("", "application/octet-stream", "binary/octet-stream"):
        return "audio/mpeg"
    return told if told.startswith("audio/") else None


def _chunks(stream: Stream, call_session_id: str) -> Iterator[bytes]:
    try:
        yield from stream
    except ClientError as error:
        logger.warning("recording of call %s broke off: %s", call_session_id, error.code)
    finally:
        stream.close()
