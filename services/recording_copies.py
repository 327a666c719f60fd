"""Our copies of recordings: where their files lie, and which there are for some calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import RecordingCopy
from services.ports import Ports

Copies = Mapping[tuple[int, str], RecordingCopy]
NAMELESS = ("application/octet-stream", "binary/octet-stream", "")


def copy_path(ports: Ports, integration_id: int, copy_id: int) -> Path:
    return ports.recordings_dir / str(integration_id) / f"{copy_id}.rec"


def copy_name(integration_id: int, copy_id: int) -> str:
    """What binds a file to its row."""
    return f"{integration_id}/{copy_id}"


def find_copies(session: Session, session_row_ids: Collection[int]) -> Copies:
    """What is kept, or is to be kept, of these calls: by the call's row and its recording."""
    if not session_row_ids:
        return {}
    query = select(RecordingCopy).where(RecordingCopy.session_row_id.in_(session_row_ids))
    return {(row.session_row_id, row.record): row for row in session.scalars(query)}


def audio_type(content_type: str | None) -> str | None:
    """Only audio is passed on and kept; None for a page or another thing in its place."""
    told = (content_type or "").split(";")[0].strip().lower()
    if told in NAMELESS:
        return "audio/mpeg"
    return told if told.startswith("audio/") else None
