"""Open a recording behind one of our signed links; the PBX's own link is never given away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.errors import ClientError
from clients.http import Stream
from models import CallSession, Integration, RecordingCopy
from models.base import from_ms, now_ms
from models.integration import LIVE
from rules.byte_ranges import ByteRange, Unsatisfiable, read_range
from rules.recording_states import RecordingState, missing_state
from services import recording_links
from services.call_filter import PART_TAKERS
from services.ports import Ports
from services.recording_copies import audio_type, copy_name, copy_path, find_copies
from services.recording_files import BrokenFile, read_audio

logger = logging.getLogger(__name__)

PASSED_ON = ("content-range", "accept-ranges", "content-length")


@dataclass(frozen=True)
class KeptAudio:
    """Our own copy."""

    path: Path
    name: str
    size: int
    audio_type: str


@dataclass(frozen=True)
class Playable:
    """A recording that exists. `is_open`: the link opens it without a login."""

    integration_id: int
    call_session_id: str
    record: str
    url: str
    media_hosts: tuple[str, ...]
    is_open: bool
    participants: tuple[str, ...]
    missing: RecordingState  # what it means if nobody has the file
    kept: KeptAudio | None


class NotPlayable(Exception):
    """The recording cannot be heard now; `state` says why."""

    def __init__(self, state: RecordingState) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True)
class Audio:
    """A recording that is being read: what to answer, and its bytes, to be iterated once."""

    status: int
    audio_type: str
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    close: Callable[[], None]


def find_recording(session: Session, signed: str, ports: Ports) -> Playable | None:
    """What a signed link opens; None for a changed link and for a recording that is gone."""
    link = recording_links.read(signed, ports.secret_key, *ports.old_secret_keys)
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
    copy = find_copies(session, [call.id]).get((call.id, link.record))
    return Playable(
        integration_id=integration.id,
        call_session_id=call.call_session_id,
        record=link.record,
        url=url,
        media_hosts=tuple(integration.media_hosts),
        is_open=now - link.made_at <= timedelta(days=ports.recording_link_days),
        participants=participants_of(call.facts),
        missing=missing_state(call.ended_at, now),
        kept=_kept(copy, ports),
    )


def participants_of(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The employees who took part in a call: they may hear it."""
    named = {facts.get(name) for name in PART_TAKERS}
    talked = {talk.get("employee_id") for talk in facts.get("talks") or ()}
    return tuple(sorted(each for each in named | talked if each))


def open_recording(playable: Playable, range_header: str | None, ports: Ports) -> Audio:
    """Start reading it: our copy, else from the media host. Raises NotPlayable."""
    if playable.kept:
        try:
            return _open_copy(playable.kept, range_header, ports)
        except BrokenFile as error:
            logger.error("copy %s of a recording: %s", playable.kept.name, error)
    return _open_stream(playable, range_header, ports)


def _open_stream(playable: Playable, range_header: str | None, ports: Ports) -> Audio:
    try:
        stream = ports.http.stream(
            playable.url, allowed_hosts=playable.media_hosts, range_header=range_header
        )
    except ClientError as error:
        logger.warning("recording of call %s: %s", playable.call_session_id, error.code)
        raise NotPlayable(RecordingState.AWAY) from error
    told = audio_type(stream.headers.get("content-type"))
    if stream.status not in (200, 206, 416) or told is None:
        stream.close()
        is_away = stream.status in (408, 429) or stream.status >= 500
        raise NotPlayable(RecordingState.AWAY if is_away else playable.missing)
    headers = {name: stream.headers[name] for name in PASSED_ON if name in stream.headers}
    chunks = _chunks(stream, playable.call_session_id)
    return Audio(stream.status, told, headers, chunks, stream.close)


def _open_copy(kept: KeptAudio, range_header: str | None, ports: Ports) -> Audio:
    """Raises BrokenFile before anything was answered."""
    headers = {"accept-ranges": "bytes"}
    try:
        asked = read_range(range_header, kept.size)
    except Unsatisfiable:
        headers["content-range"] = f"bytes */{kept.size}"
        return Audio(416, kept.audio_type, headers, iter(()), _nothing)
    part = asked or ByteRange(0, kept.size)
    if asked:
        headers["content-range"] = part.content_range(kept.size)
    headers["content-length"] = str(part.length)
    pieces = read_audio(kept.path, kept.name, ports.vault, part.start, part.stop)
    first = next(pieces, b"")
    status = 206 if asked else 200
    return Audio(status, kept.audio_type, headers, _after(first, pieces, kept.name), pieces.close)


def _kept(copy: RecordingCopy | None, ports: Ports) -> KeptAudio | None:
    if copy is None or copy.state != "kept" or not copy.size:
        return None
    return KeptAudio(
        path=copy_path(ports, copy.integration_id, copy.id),
        name=copy_name(copy.integration_id, copy.id),
        size=copy.size,
        audio_type=copy.audio_type or "audio/mpeg",
    )


def _chunks(stream: Stream, call_session_id: str) -> Iterator[bytes]:
    try:
        yield from stream
    except ClientError as error:
        what = {"call": call_session_id}
        logger.warning(
            "recording of call %s broke off: %s", call_session_id, error.code, extra=what
        )
    finally:
        stream.close()


def _after(first: bytes, pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    yield first
    try:
        yield from pieces
    except BrokenFile as error:
        logger.error("copy %s of a recording broke off: %s", name, error)


def _nothing() -> None:
    return
