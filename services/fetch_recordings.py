"""Fetch the recordings that are to be kept, piece by piece, into encrypted files.

A fetch is claimed in SQL for some minutes; one that broke off goes on after its last whole piece on
the disk. A full disk stops the fetching, nothing else.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from clients.errors import ClientError
from clients.replies import Stream
from models import CallSession, Integration, RecordingCopy
from models.base import from_ms, now_ms, reading
from models.integration import LIVE
from rules.recording_states import RecordingState, missing_state
from services.ports import Ports
from services.recording_copies import audio_type, copy_name, copy_path
from services.recording_files import RecordingWriter
from services.recording_links import record_id

COPIES = RecordingCopy.__table__
CALLS = CallSession.__table__
INTEGRATIONS = Integration.__table__
CLAIM = timedelta(minutes=10)
RETRY = timedelta(minutes=5)
MOST_TRIES = 12
MOST_BYTES = 100_000_000
RESERVE_BYTES = 500_000_000  # so much of the disk stays free for what matters more

logger = logging.getLogger(__name__)


class CopyFailed(Exception):
    """This recording cannot be kept; `code` says why. `is_final`: it will never be."""

    def __init__(self, code: str, *, is_final: bool = False) -> None:
        super().__init__(code)
        self.code, self.is_final = code, is_final


class DiskFull(Exception):
    """There is no room, or the folder cannot be written."""


@dataclass(frozen=True)
class Claimed:
    """A recording that is ours alone for ten minutes."""

    id: int
    integration_id: int
    tries: int
    url: str | None
    media_hosts: tuple[str, ...]
    keep_days: int
    ended_at: datetime | None
    now: datetime


@dataclass(frozen=True)
class Fetched:
    size: int
    audio_type: str


def fetch_recordings(engine: Engine, ports: Ports, *, go_on: Callable[[], bool]) -> int:
    """Fetch what is due, one after the other, while `go_on`; returns how many were fetched."""
    fetched = 0
    while go_on() and (claimed := _claim(engine)):
        try:
            found = _fetch(claimed, ports, go_on)
        except DiskFull:
            _put_back(engine, claimed, "disk_full", is_final=False)
            logger.warning("recordings are not kept: the disk is full or cannot be written")
            break
        except CopyFailed as failure:
            is_final = failure.is_final or claimed.tries >= MOST_TRIES
            if is_final:
                _part(ports, claimed).unlink(missing_ok=True)
            _put_back(engine, claimed, failure.code, is_final=is_final)
        else:
            _keep(engine, claimed, found)
            fetched += 1
    return fetched


def _claim(engine: Engine) -> Claimed | None:
    """The next recording that is due; None also when somebody else was quicker."""
    query = (
        select(COPIES, CALLS.c.facts, CALLS.c.ended_at, INTEGRATIONS, now_ms().label("now"))
        .join(CALLS, CALLS.c.id == COPIES.c.session_row_id)
        .join(INTEGRATIONS, INTEGRATIONS.c.id == COPIES.c.integration_id)
        .where(LIVE, INTEGRATIONS.c.keep_recordings_days.is_not(None))
        .where(COPIES.c.state == "wanted", COPIES.c.next_at <= now_ms())
        .order_by(COPIES.c.next_at)
        .limit(1)
    )
    with reading(), engine.connect() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    now = from_ms(row["now"])
    mine = (COPIES.c.id == row[COPIES.c.id]) & (COPIES.c.next_at == row[COPIES.c.next_at])
    claim = update(COPIES).where(mine).values(next_at=now + CLAIM, tries=COPIES.c.tries + 1)
    with engine.begin() as connection:
        if not connection.execute(claim).rowcount:
            return None
    urls = [each["url"] for each in (row[CALLS.c.facts] or {}).get("recordings", [])]
    return Claimed(
        id=row[COPIES.c.id],
        integration_id=row[COPIES.c.integration_id],
        tries=row[COPIES.c.tries] + 1,
        url=next((each for each in urls if record_id(each) == row[COPIES.c.record]), None),
        media_hosts=tuple(row[INTEGRATIONS.c.media_hosts]),
        keep_days=row[INTEGRATIONS.c.keep_recordings_days],
        ended_at=row[CALLS.c.ended_at],
        now=now,
    )


def _fetch(claimed: Claimed, ports: Ports, go_on: Callable[[], bool]) -> Fetched:
    part, path = _part(ports, claimed), copy_path(ports, claimed.integration_id, claimed.id)
    name = copy_name(claimed.integration_id, claimed.id)
    try:
        part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(part.parent).free < RESERVE_BYTES:
            raise DiskFull
        with RecordingWriter(part, name, ports.vault) as writer:
            found = _download(claimed, writer, ports, go_on)
        os.replace(part, path)
    except OSError as error:
        raise DiskFull from error
    return found


def _download(
    claimed: Claimed, writer: RecordingWriter, ports: Ports, go_on: Callable[[], bool]
) -> Fetched:
    if claimed.url is None:
        raise CopyFailed("no_link", is_final=True)
    begun = f"bytes={writer.written}-" if writer.written else None
    try:
        with ports.http.stream(
            claimed.url,
            allowed_hosts=claimed.media_hosts,
            range_header=begun,
            max_bytes=MOST_BYTES,
        ) as stream:
            total = _prepare(claimed, stream, writer)
            for chunk in stream:
                writer.add(chunk)
                if not go_on():
                    raise CopyFailed("stopped")
            size = writer.finish()
    except ClientError as error:
        raise CopyFailed(error.code) from error
    if total is not None and size != total:
        raise CopyFailed("incomplete")
    return Fetched(size, audio_type(stream.headers.get("content-type")) or "audio/mpeg")


def _prepare(claimed: Claimed, stream: Stream, writer: RecordingWriter) -> int | None:
    """See that it is what was asked for; the length of the whole, where it is told."""
    if stream.status in (404, 410):
        missing = missing_state(claimed.ended_at, claimed.now)
        raise CopyFailed("gone", is_final=missing is RecordingState.EXPIRED)
    told = stream.headers.get("content-range", "")
    is_rest = stream.status == 206 and told.startswith(f"bytes {writer.written}-")
    if stream.status != 200 and not is_rest:
        writer.restart()
        raise CopyFailed("unexpected_answer")
    if audio_type(stream.headers.get("content-type")) is None:
        raise CopyFailed("no_audio", is_final=True)
    if not is_rest:
        writer.restart()
    length = told.rpartition("/")[2] if is_rest else stream.headers.get("content-length", "")
    total = int(length) if length.isdigit() else None
    if total is not None and total > MOST_BYTES:
        raise CopyFailed("too_large", is_final=True)
    return total


def _keep(engine: Engine, claimed: Claimed, found: Fetched) -> None:
    values = {
        "state": "kept",
        "next_at": None,
        "error": None,
        "file_name": f"{claimed.id}.rec",
        "audio_type": found.audio_type[:100],
        "size": found.size,
        "kept_at": now_ms(),
        "expires_at": now_ms() + claimed.keep_days * 86_400_000,
    }
    with engine.begin() as connection:
        connection.execute(update(COPIES).where(COPIES.c.id == claimed.id).values(values))


def _put_back(engine: Engine, claimed: Claimed, error: str, *, is_final: bool) -> None:
    """Later again, or never: with the reason. What is no fault of the recording costs no try."""
    is_counted = error not in ("disk_full", "stopped")
    values = {
        "state": "failed" if is_final else "wanted",
        "next_at": None if is_final else _again(claimed, error),
        "tries": claimed.tries - (0 if is_counted else 1),
        "error": error[:100],
    }
    with engine.begin() as connection:
        connection.execute(update(COPIES).where(COPIES.c.id == claimed.id).values(values))


def _again(claimed: Claimed, error: str) -> datetime:
    return claimed.now if error == "stopped" else claimed.now + RETRY * min(claimed.tries, 6)


def _part(ports: Ports, claimed: Claimed) -> Path:
    return copy_path(ports, claimed.integration_id, claimed.id).with_suffix(".part")
