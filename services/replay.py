"""Send again what was set aside, after its cause was mended."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from models import CallSession, CrmWrite, Integration
from models.base import now_ms

SESSIONS = CallSession.__table__
WRITES = CrmWrite.__table__


def replay_writes(
    connection: Connection, integration_id: int, call_session_id: str | None = None
) -> int:
    """Plan dead writes anew, to be rendered from their decision with today's settings, and make
    failed calls due. Returns how many writes; safe to call any number of times."""
    failed = select(SESSIONS.c.id).where(
        SESSIONS.c.integration_id == integration_id, SESSIONS.c.state == "failed"
    )
    if call_session_id is not None:
        failed = failed.where(SESSIONS.c.call_session_id == call_session_id)
    ids = list(connection.execute(failed).scalars())
    if not ids:
        return 0
    replayed = _plan_anew(connection, ids)
    published = select(Integration.published_version).where(Integration.id == integration_id)
    connection.execute(
        update(SESSIONS)
        .where(SESSIONS.c.id.in_(ids))
        .values(
            next_at=now_ms(),
            crashes=0,
            suspicion=0,
            lookup_tries=0,
            render_version=published.scalar_subquery(),
        )
    )
    return replayed


def _plan_anew(connection: Connection, session_ids: list[int]) -> int:
    mine = WRITES.c.session_row_id.in_(session_ids)
    replayed = connection.execute(
        update(WRITES)
        .where(mine, WRITES.c.status == "dead")
        .values(
            status="planned",
            is_stale=True,
            refusals=0,
            attempts=0,
            next_at=None,
            planned_at=now_ms(),
        )
    ).rowcount
    # What completes is planned anew from today's rows.
    stale = WRITES.c.kind == "complete", WRITES.c.is_stale, WRITES.c.status == "planned"
    connection.execute(delete(WRITES).where(mine, *stale))
    return int(replayed)
