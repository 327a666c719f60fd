"""Follow calls that were asked for by a click: what their notifications tell is stored with the
click and told to the caller's consoles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from models import ClickCall, Integration, Notification
from models.base import now_ms
from rules.dial_progress import FINAL, ORDER, Progress, progress_of
from rules.vocabulary import EventKind
from services.call_rows import event_of
from services.dial_events import tell

Key = tuple[int, str]  # an integration and a call of it

KINDS = (
    EventKind.WAITING_ANSWER,
    EventKind.CALL_ACCEPTED,
    EventKind.OUTGOING_CALL,
    EventKind.TALK_STARTED,
    EventKind.TALK_FINISHED,
    EventKind.CALL_FINISHED,
    EventKind.LOST_CALL,
)
# The PBX's answer was lost: the call is found by the id that we gave it, if it comes at all.
UNCLEAR = ("sent", "unclear")
FOUND_WITHIN_MS = 3_600_000
EARLIER = timedelta(minutes=1)  # clocks are read before and after rows are stored


def behind(connection: Connection, keys: Collection[Key]) -> set[Key]:
    """Those of these calls that `follow` may have something to do for. Only reads."""
    if not keys:
        return set()
    query = select(ClickCall.integration_id, ClickCall.call_session_id).where(
        or_(_is_going_on(keys), _has_no_answer(keys))
    )
    rows = connection.execute(query).all()
    lost = {row.integration_id for row in rows if row.call_session_id is None}
    known = {(row.integration_id, row.call_session_id) for row in rows}
    return {key for key in keys if key in known or key[0] in lost}


def follow(connection: Connection, keys: Collection[Key]) -> bool:
    """Bring the clicks behind these calls up to what is known, in the caller's transaction, and
    publish what has changed. True: consoles are to be woken after the commit. Safe to call for any
    calls, any number of times."""
    session = Session(connection, join_transaction_mode="rollback_only")
    query = select(ClickCall).where(_is_going_on(keys)).order_by(ClickCall.id)
    clicks = list(session.scalars(query.with_for_update()))
    clicks += _found_again(session, keys)
    changed = [click for click in clicks if _move_on(session, click)]
    session.flush()
    return bool(changed)


def known_progress(session: Session, click: ClickCall) -> Progress | None:
    """How far the call has come as of now, also while nobody follows; None if the PBX did not take
    it, as far as is known. Only reads."""
    if click.call_session_id is None:
        return None
    zone = session.get_one(Integration, click.integration_id).phone_zone
    query = select(Notification).where(
        Notification.integration_id == click.integration_id,
        Notification.kind.in_(KINDS),
        Notification.received_at > click.asked_at - EARLIER,
        Notification.call_session_id == click.call_session_id,
    )
    return progress_of([event_of(row) for row in session.scalars(query)], ZoneInfo(zone))


def _is_going_on(keys: Collection[Key]) -> ColumnElement[bool]:
    return and_(
        tuple_(ClickCall.integration_id, ClickCall.call_session_id).in_(sorted(keys)),
        ClickCall.progress.is_(None) | ClickCall.progress.not_in(FINAL),
    )


def _has_no_answer(keys: Collection[Key]) -> ColumnElement[bool]:
    return and_(
        ClickCall.integration_id.in_(sorted({integration_id for integration_id, _ in keys})),
        ClickCall.asked_at > now_ms() - FOUND_WITHIN_MS,
        ClickCall.state.in_(UNCLEAR),
        ClickCall.call_session_id.is_(None),
    )


def _found_again(session: Session, keys: Collection[Key]) -> Sequence[ClickCall]:
    """Clicks without an answer whose call comes after all, by the `external_id` it carries."""
    waiting = session.scalars(select(ClickCall).where(_has_no_answer(keys)).with_for_update()).all()
    if not waiting:
        return []
    query = select(
        Notification.integration_id, Notification.call_session_id, Notification.members
    ).where(
        Notification.integration_id.in_({click.integration_id for click in waiting}),
        Notification.kind.in_(KINDS),
        Notification.received_at > now_ms() - FOUND_WITHIN_MS,
        Notification.call_session_id.in_({call_session_id for _, call_session_id in keys}),
    )
    by_external = {
        (row.integration_id, str(row.members.get("external_id"))): row.call_session_id
        for row in session.execute(query)
    }
    found = []
    for click in waiting:
        call_session_id = by_external.get((click.integration_id, click.request_id))
        if call_session_id is not None:
            click.call_session_id = call_session_id
            found.append(click)
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
