"""Follow calls that were asked for by a click: what their notifications tell is stored with the
click and told to the caller's consoles."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import Session

from models import ClickCall, Integration, Notification
from models.base import now_ms
from rules.dial_progress import ORDER, Progress, progress_of
from services.call_rows import event_of
from services.dial_events import tell

# The PBX's answer was lost: the call is found by the id that we gave it, if it comes at all.
UNCLEAR = ("sent", "unclear")
FOUND_WITHIN = timedelta(hours=1)


def follow(connection: Connection, integration_id: int, call_session_ids: Collection[str]) -> bool:
    """Bring the clicks behind these calls up to what is known, in the caller's transaction, and
    publish what has changed. True: consoles are to be woken after the commit. Safe to call for any
    calls, any number of times."""
    session = Session(connection, join_transaction_mode="rollback_only")
    changed = False
    clicks = list(session.scalars(_of_calls(integration_id, call_session_ids)))
    clicks += _found_again(session, integration_id, call_session_ids)
    for click in clicks:
        changed |= _move_on(session, click)
    session.flush()
    session.expunge_all()
    return changed


def known_progress(session: Session, click: ClickCall) -> Progress | None:
    """How far the call has come as of now, also while nobody follows; None if the PBX did not take
    it, as far as is known. Only reads."""
    if click.call_session_id is None:
        return None
    zone = session.get_one(Integration, click.integration_id).phone_zone
    query = select(Notification).where(
        Notification.integration_id == click.integration_id,
        Notification.call_session_id == click.call_session_id,
    )
    return progress_of([event_of(row) for row in session.scalars(query)], ZoneInfo(zone))


def _of_calls(integration_id: int, call_session_ids: Collection[str]) -> Select[ClickCall]:
    return select(ClickCall).where(
        ClickCall.integration_id == integration_id,
        ClickCall.call_session_id.in_(call_session_ids),
    )


def _found_again(
    session: Session, integration_id: int, call_session_ids: Collection[str]
) -> list[ClickCall]:
    """Clicks without an answer whose call comes after all, by the `external_id` it carries."""
    waiting = list(
        session.scalars(
            select(ClickCall).where(
                ClickCall.integration_id == integration_id,
                ClickCall.state.in_(UNCLEAR),
                ClickCall.call_session_id.is_(None),
                ClickCall.asked_at > now_ms() - int(FOUND_WITHIN.total_seconds() * 1000),
            )
        )
    )
    if not waiting:
        return []
    query = select(Notification.call_session_id, Notification.members).where(
        Notification.integration_id == integration_id,
        Notification.call_session_id.in_(call_session_ids),
    )
    by_external = {
        str(members.get("external_id")): call_session_id
        for call_session_id, members in session.execute(query)
        if members.get("external_id")
    }
    found = [click for click in waiting if click.request_id in by_external]
    for click in found:
        click.call_session_id = by_external[click.request_id]
    return found


def _move_on(session: Session, click: ClickCall) -> bool:
    known = known_progress(session, click)
    if known is None or not _is_news(click.progress, known):
        return False
    click.progress, click.error = known.stage, known.reason or click.error
    session.flush()
    tell(session, click)
    return True


def _is_news(before: str | None, known: Progress) -> bool:
    reached = [str(stage) for stage in ORDER]
    return before not in reached or reached.index(known.stage) > reached.index(before)
