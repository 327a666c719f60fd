"""An export of what is held about one number: a ZIP with a document and the kept recordings."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models.base import reading
from rules.audit import Change
from rules.phones import mask
from services.audit_log import record
from services.erase_keyed import Number
from services.personal_data import KeptFile, collect, kept_files
from services.ports import Ports
from services.recording_copies import copy_name, copy_path
from services.recording_files import BrokenFile, read_audio

SUFFIXES = {"audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav", "audio/ogg": "ogg"}


def export_number(engine: Engine, number: Number, ports: Ports, out: IO[bytes]) -> dict[str, Any]:
    """Write the ZIP; returns the document. That it was asked for is written down first."""
    note_export(engine, number)
    with reading(), engine.connect() as connection:
        document = collect(connection, number)
        files = kept_files(connection, number)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        missing = [each.record for each in files if not _add(archive, each, number, ports)]
        document["recordings_that_cannot_be_read"] = missing
        text = json.dumps(document, ensure_ascii=False, indent=2, default=str)
        archive.writestr("data.json", text)
    return document


def note_export(engine: Engine, number: Number) -> None:
    """Write down that somebody has taken the data of this number out."""
    with Session(engine) as session:
        masked = mask(number.traces.phone)
        record(session, Change.EXPORTED, number.integration_id, number=masked, hash=number.hash)
        session.commit()


def _add(archive: zipfile.ZipFile, kept: KeptFile, number: Number, ports: Ports) -> bool:
    """Add one recording; False if its file is not on this host, or broken."""
    suffix = SUFFIXES.get(kept.audio_type or "", "bin")
    name = f"recordings/{kept.call_session_id}-{kept.record}.{suffix}"
    try:
        first, rest = _opened(kept, number, ports)
    except (BrokenFile, StopIteration):
        return False
    with archive.open(name, "w") as file:
        file.write(first)
        for piece in rest:
            file.write(piece)
    return True


def _opened(kept: KeptFile, number: Number, ports: Ports) -> tuple[bytes, Iterator[bytes]]:
    pieces = read_audio(
        copy_path(ports, number.integration_id, kept.copy_id),
        copy_name(number.integration_id, kept.copy_id),
        ports.vault,
        0,
        kept.size or 0,
    )
    return next(pieces), pieces
