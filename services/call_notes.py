"""A person's note on a call: kept with the call, and sent into the CRM's history by the drain."""

from __future__ import annotations

from sqlalchemy import Connection, update

from models import CallSession
from models.base import now_ms

LONGEST = 2000
SESSIONS = CallSession.__table__


def save_note(
    connection: Connection, integration_id: int, call_session_id: str, text: str, *, by: str
) -> bool:
    """Keep the note and make the call due, so that its entry is written again; an empty one takes
    it away. Returns whether there is such a call. The same note again changes nothing."""
    note = text.strip()[:LONGEST] or None
    mine = (
        SESSIONS.c.integration_id == integration_id,
        SESSIONS.c.call_session_id == call_session_id,
        SESSIONS.c.erased_at.is_(None),  # of such a call nothing is written any more
    )
    changed = connection.execute(
        update(SESSIONS)
        .where(*mine, SESSIONS.c.note.is_distinct_from(note))
        .values(
            note=note,
            note_by=by,
            events_version=SESSIONS.c.events_version + 1,
            next_at=now_ms(),
        )
    )
    if changed.rowcount:
        return True
    there = SESSIONS.select().with_only_columns(SESSIONS.c.id).where(*mine)
    return connection.execute(there).first() is not None
