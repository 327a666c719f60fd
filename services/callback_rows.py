"""The rows of one client's call-backs: written from his calls, keeping what people did to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from models import Callback, CallSession
from rules.callbacks import Dismissal, EndedCall, Episode, episodes_of
from rules.vocabulary import Direction, Outcome
from services.callback_desk import Desk

SESSIONS = CallSession.__table__
CALLBACKS = Callback.__table__
DIRECTIONS = (Direction.INBOUND, Direction.OUTBOUND)
OUTCOMES = (Outcome.LOST, Outcome.ANSWERED)
COLUMNS = (
    "id",
    "call_session_id",
    "direction",
    "outcome",
    "client_phone",
    "ended_at",
    "first_seen_at",
    "settings_version",
    "virtual_number",
    "employee_id",
    "facts",
    "client",
)
TAKEN = ("taken_by", "taken_name", "taken_at")
DISMISSED = ("dismissed_by", "dismissed_why", "dismissed_at")

Values = dict[str, Any]


def write_episodes(
    connection: Connection,
    desk: Desk,
    phones: Iterable[str],
    client_id: str | None,
    name: str | None,
) -> tuple[bool, set[str]]:
    """Bring the rows of a client's numbers up to date. Tells whether anything changed, and which
    other numbers lost calls to them: a number that no longer belongs to this client."""
    numbers = sorted(phones)
    calls = {row.call_session_id: row for row in _calls(connection, desk, numbers)}
    rows = _rows(connection, desk, numbers, calls)
    episodes = episodes_of(
        [_ended(row) for row in calls.values()],
        [_dismissal(row) for row in rows if row.dismissed_at],
    )
    old = _matched(episodes, rows)
    told = client_id, name
    wanted = [
        (row, _values(desk, episode, row, calls, told))
        for episode, row in zip(episodes, old, strict=True)
    ]
    gone = [row for row in rows if row not in old]
    strangers = {each for row in rows for each in row.calls} - set(calls)
    is_changed = _store(connection, desk, wanted, gone)
    return is_changed, _phones_of(connection, desk, strangers) - set(numbers)


def _calls(connection: Connection, desk: Desk, phones: Sequence[str]) -> list[Row[Any]]:
    """The ended calls that open or close a call-back; of ignored numbers none do."""
    query = select(*(SESSIONS.c[name] for name in COLUMNS)).where(
        SESSIONS.c.integration_id == desk.integration_id,
        SESSIONS.c.client_phone.in_(phones),
        SESSIONS.c.ended_at.is_not(None),
        SESSIONS.c.direction.in_(DIRECTIONS),
        SESSIONS.c.outcome.in_(OUTCOMES),
    )
    rows = connection.execute(query).all()
    return [row for row in rows if not desk.is_ignored(row.client_phone, row.settings_version)]


def _rows(
    connection: Connection, desk: Desk, phones: Sequence[str], calls: Mapping[str, Row[Any]]
) -> list[Row[Any]]:
    """The rows of these numbers, also those that another number has taken over meanwhile."""
    missed = sorted({row.ended_at for row in calls.values() if row.outcome == Outcome.LOST})
    query = select(CALLBACKS).where(
        CALLBACKS.c.integration_id == desk.integration_id,
        or_(CALLBACKS.c.contact.in_(phones), CALLBACKS.c.opened_at.in_(missed)),
    )
    found = connection.execute(query.order_by(CALLBACKS.c.id))
    return [row for row in found if row.contact in phones or set(row.calls) & set(calls)]


def _ended(row: Row[Any]) -> EndedCall:
    facts: Mapping[str, Any] = row.facts or {}
    began = facts.get("answered_at")
    return EndedCall(
        call_session_id=row.call_session_id,
        ended_at=row.ended_at,
        phone=row.client_phone,
        direction=Direction(row.direction),
        outcome=Outcome(row.outcome),
        talked_at=datetime.fromisoformat(began) if began else None,
        employee_id=facts.get("answered_by") or row.employee_id,
        rung=tuple(facts.get("rung") or ()),
        virtual_number=row.virtual_number,
    )


def _dismissal(row: Row[Any]) -> Dismissal:
    return Dismissal(row.dismissed_at, row.dismissed_by or "", row.dismissed_why or "")


def _matched(episodes: Sequence[Episode], rows: Sequence[Row[Any]]) -> list[Row[Any] | None]:
    """For each episode the row that stands for it already: the one that holds its first miss, else
    the oldest that holds one of them."""
    free = list(rows)
    found: list[Row[Any] | None] = []
    for episode in episodes:
        calls = episode.calls
        fits = [row for row in free if set(calls) & set(row.calls)]
        row = next((row for row in fits if calls[0] in row.calls), next(iter(fits), None))
        if row is not None:
            free.remove(row)
        found.append(row)
    return found


def _values(
    desk: Desk,
    episode: Episode,
    old: Row[Any] | None,
    calls: Mapping[str, Row[Any]],
    told: tuple[str | None, str | None],
) -> Values:
    first, last = calls[episode.calls[0]], calls[episode.calls[-1]]
    version = first.settings_version
    # A call that became known late is not overdue on arrival.
    start = max(episode.opened_at, first.first_seen_at)
    reached, closed_at = episode.reached, episode.closed_at
    known: Mapping[str, Any] = last.client or {}
    kept = {name: getattr(old, name, None) for name in (*TAKEN, *DISMISSED)}
    if episode.dismissal:
        gone = episode.dismissal
        kept |= {"dismissed_by": gone.by, "dismissed_why": gone.why, "dismissed_at": gone.at}
    return kept | {
        "contact": episode.phone,
        "client_id": told[0] or known.get("id") or None,
        "client_name": told[1] or known.get("name"),
        "opened_at": episode.opened_at,
        "last_missed_at": episode.last_missed_at,
        "misses": len(episode.misses),
        "calls": episode.calls,
        "rung": episode.rung,
        "virtual_number": episode.misses[-1].virtual_number,
        "due_at": desk.due_at(start, version),
        "closed_at": closed_at,
        "closed_how": episode.closed_how,
        "closed_by": reached.employee_id if reached else None,
        "closed_call": reached.call_session_id if reached else None,
        "working_seconds": desk.working_seconds(episode.opened_at, closed_at, version)
        if closed_at
        else None,
    }


def _store(
    connection: Connection,
    desk: Desk,
    wanted: Sequence[tuple[Row[Any] | None, Values]],
    gone: Sequence[Row[Any]],
) -> bool:
    """Write what differs. Moved rows let go of their place first: the next one may need it."""
    changed = [(old, values) for old, values in wanted if old is None or _differing(old, values)]
    if gone:
        connection.execute(delete(CALLBACKS).where(CALLBACKS.c.id.in_([row.id for row in gone])))
    for old, values in changed:
        if old is not None and (old.contact, old.opened_at) != (
            values["contact"],
            values["opened_at"],
        ):
            place = update(CALLBACKS).where(CALLBACKS.c.id == old.id)
            connection.execute(place.values(contact=f"~{old.id}"))
    for old, values in changed:
        if old is None:
            row = values | {"integration_id": desk.integration_id, "updated_at": desk.now}
            connection.execute(insert(CALLBACKS).values(row))
        else:
            # Nothing else is written: somebody may take the call-back at this very moment.
            row = _differing(old, values) | {"contact": values["contact"], "updated_at": desk.now}
            connection.execute(update(CALLBACKS).where(CALLBACKS.c.id == old.id).values(row))
    return bool(changed or gone)


def _differing(old: Row[Any], values: Values) -> Values:
    return {name: value for name, value in values.items() if getattr(old, name) != value}


def _phones_of(connection: Connection, desk: Desk, call_ids: Iterable[str]) -> set[str]:
    wanted = sorted(call_ids)
    if not wanted:
        return set()
    query = select(SESSIONS.c.client_phone).where(
        SESSIONS.c.integration_id == desk.integration_id,
        SESSIONS.c.call_session_id.in_(wanted),
        SESSIONS.c.client_phone.is_not(None),
    )
    return set(connection.execute(query.distinct()).scalars())
