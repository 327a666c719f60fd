"""How long the PBX keeps recordings and we keep copies; what is kept, what is about to go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from models import CallSession, Integration, RecordingCopy
from rules.audit import Change
from rules.recording_states import WARN_BEFORE
from services.audit_log import record
from services.keep_recordings import forget_wanted

DAY_MS = 86_400_000


@dataclass(frozen=True)
class KeptCopies:
    """`troubles`: why copies are not there (yet), with how many of each."""

    kept: int
    size: int
    wanted: int
    troubles: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Leaving:
    """Recordings that the PBX deletes within a week while no copy of ours will stay."""

    count: int
    first_at: datetime


def read_copies(session: Session, integration_id: int) -> KeptCopies:
    mine = RecordingCopy.integration_id == integration_id
    query = (
        select(
            RecordingCopy.state,
            RecordingCopy.error,
            func.count().label("number"),
            func.sum(RecordingCopy.size).label("size"),
        )
        .where(mine, RecordingCopy.state != "expired")
        .group_by(RecordingCopy.state, RecordingCopy.error)
    )
    rows = session.execute(query).all()
    troubles = [(row.error, row.number) for row in rows if row.error and row.error != "stopped"]
    return KeptCopies(
        kept=sum(row.number for row in rows if row.state == "kept"),
        size=sum(int(row.size or 0) for row in rows if row.state == "kept"),
        wanted=sum(row.number for row in rows if row.state == "wanted"),
        troubles=tuple(sorted(troubles)),
    )


def save_recording_settings(
    session: Session, integration_id: int, *, pbx_days: int | None, keep_days: int | None
) -> None:
    """Store both; what is kept already stays from its own day on for the new time. Without a time
    nothing more is kept, and what is kept stays until its day."""
    integration = session.get_one(Integration, integration_id)
    integration.pbx_recording_days = pbx_days
    integration.keep_recordings_days = keep_days
    if keep_days is None:
        forget_wanted(session.connection(), integration_id)
    else:
        kept = RecordingCopy.integration_id == integration_id, RecordingCopy.state == "kept"
        until: Any = RecordingCopy.kept_at + keep_days * DAY_MS
        session.execute(update(RecordingCopy).where(*kept).values(expires_at=until))
    change = Change.RECORDINGS_SAVED
    record(session, change, integration_id, pbx_days=pbx_days, keep_days=keep_days)
    session.commit()


def find_leaving(session: Session, integration: Integration, now: datetime) -> Leaving | None:
    """For the list of what needs attention; None if nothing goes, or nobody has said when."""
    days = integration.pbx_recording_days
    if days is None:
        return None
    since = now - timedelta(days=days)
    copy = exists().where(
        RecordingCopy.session_row_id == CallSession.id,
        RecordingCopy.state.in_(("wanted", "kept")),
    )
    query = select(func.count(), func.min(CallSession.started_at)).where(
        CallSession.integration_id == integration.id,
        CallSession.started_at >= since,
        CallSession.started_at < since + WARN_BEFORE,
        CallSession.facts[("recordings", 0, "url")].as_string().is_not(None),
        ~copy,
    )
    count, first = session.execute(query).one()
    return Leaving(count, first + timedelta(days=days)) if count else None
