"""Which calls have news for pop-ups: the inbox read by id, and the events of these calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from sqlalchemy import Connection, bindparam, func, select, union_all

from models import CallSession, Notification
from models.base import now_ms
from models.notification import PENDING
from rules.events import Event
from rules.vocabulary import EventKind
from services.call_rows import event_of

# One call: its integration and its session.
Key = tuple[int, str]

KINDS = (
    EventKind.INCOMING_CALL,
    EventKind.WAITING_ANSWER,
    EventKind.TALK_STARTED,
    EventKind.TALK_FINISHED,
    EventKind.CALL_FINISHED,
    EventKind.LOST_CALL,
    EventKind.OUTGOING_CALL,
)
# That an employee has picked up changes no card, but the state of a call by a click.
WATCHED = (*KINDS, EventKind.CALL_ACCEPTED)
# Ids are given before the commit: on PostgreSQL a smaller one may appear after a larger one.
OVERLAP = 200
BATCH = 500
LOOK_BACK = 2000
LOOK_BACK_MS = 60_000

INBOX = Notification.__table__
SESSIONS = CallSession.__table__
COLUMNS = (
    INBOX.c.id,
    INBOX.c.integration_id,
    INBOX.c.kind,
    INBOX.c.event_key,
    INBOX.c.call_session_id,
    INBOX.c.members,
    INBOX.c.received_at,
)
AFTER = (
    select(INBOX.c.id, INBOX.c.kind, INBOX.c.integration_id, INBOX.c.call_session_id)
    .where(INBOX.c.id > bindparam("after"))
    .order_by(INBOX.c.id)
    .limit(BATCH + OVERLAP)
)


class Watch:
    """Remembers what it has seen. Begins with what came during the last minute."""

    def __init__(self) -> None:
        self._till: int | None = None
        self._seen: deque[int] = deque(maxlen=OVERLAP * 4)
        self._known: set[int] = set()

    def find_new(self, connection: Connection) -> set[Key]:
        """The calls that got notifications since the last look."""
        if self._till is None:
            self._till = _start(connection)
        found: set[Key] = set()
        for row in connection.execute(AFTER, {"after": self._till - OVERLAP}):
            if row.id in self._known:
                continue
            self._note(row.id)
            if row.kind in WATCHED and row.call_session_id:
                found.add((row.integration_id, row.call_session_id))
        return found

    def _note(self, row_id: int) -> None:
        assert self._till is not None
        self._till = max(self._till, row_id)
        if len(self._seen) == self._seen.maxlen:
            self._known.discard(self._seen[0])
        self._seen.append(row_id)
        self._known.add(row_id)


def _start(connection: Connection) -> int:
    """The id after which the last minute's notifications came."""
    last = connection.execute(select(func.coalesce(func.max(INBOX.c.id), 0))).scalar_one()
    recent = (
        select(INBOX.c.id, INBOX.c.received_at)
        .where(INBOX.c.id > last - LOOK_BACK)
        .order_by(INBOX.c.id)
        .subquery()
    )
    first = connection.execute(
        select(func.min(recent.c.id)).where(recent.c.received_at > now_ms() - LOOK_BACK_MS)
    ).scalar_one()
    return int(last if first is None else first - 1)


def read_events(connection: Connection, keys: Collection[Key]) -> dict[Key, list[Event]]:
    """All events of these calls, also those that still wait for being taken in."""
    found: dict[Key, list[Event]] = {key: [] for key in keys}
    if not found:
        return found
    ids = sorted({session_id for _, session_id in keys})
    sessions = select(SESSIONS.c.id).where(
        SESSIONS.c.integration_id.in_(sorted({integration_id for integration_id, _ in keys})),
        SESSIONS.c.call_session_id.in_(ids),
    )
    taken = select(*COLUMNS).where(INBOX.c.session_row_id.in_(sessions))
    waiting = select(*COLUMNS).where(INBOX.c.state == PENDING, INBOX.c.call_session_id.in_(ids))
    for row in connection.execute(union_all(taken, waiting)):
        key = (row.integration_id, row.call_session_id)
        if key in found and row.kind in KINDS:
            found[key].append(event_of(row))
    return found
