"""Rehearse settings on past calls: decide them anew, write nothing, compare with what was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Row, select, tuple_
from sqlalchemy.orm import Session

from models import CallSession, Decision, Integration, SettingsVersion
from rules.owner import People
from rules.rehearsal import Change, PastCall, Rehearsal, is_internal, made_by, made_of
from rules.settings import Settings, load
from rules.stored_facts import deciding_facts
from rules.verdict import Verdict
from rules.vocabulary import CallState, Contact, Entity
from services.integrations import database_now
from services.office_lists import read_office_lists

MOST_CALLS = 20_000
CHUNK = 1000
PAGE_SIZE = 25
CALLS, DECISIONS = CallSession.__table__, Decision.__table__
COLUMNS = [
    CALLS.c[name]
    for name in (
        "id",
        "call_session_id",
        "started_at",
        "state",
        "facts",
        "client",
        "created",
    )
]


@dataclass(frozen=True)
class ChangedCall:
    """One line of the list. `is_by_settings` is False if the settings of then would decide
    otherwise today as well: then people or facts have changed."""

    call: CallSession
    change: Change
    verdict: Verdict
    is_by_settings: bool


@dataclass(frozen=True)
class Rehearsed:
    """What came of it. `seen` calls were looked at: `compared`, `internal`, or `undecided`;
    `unwritten` is what was decided then and did not reach the CRM. `since` is later than asked for
    if there were too many calls."""

    seen: int
    compared: int
    internal: int
    undecided: int
    unwritten: int
    before: dict[Entity, int]
    after: dict[Entity, int]
    changes: int
    page: list[ChangedCall]
    number: int
    since: datetime
    is_capped: bool

    @property
    def pages(self) -> int:
        return max(1, ceil(self.changes / PAGE_SIZE))

    @property
    def total(self) -> int:
        return self.changes


@dataclass
class _Tally:
    seen: int = 0
    internal: int = 0
    undecided: int = 0
    unwritten: int = 0


def rehearse(
    session: Session, integration: Integration, settings: Settings, *, days: int, number: int = 1
) -> Rehearsed:
    """Decide the calls of the last `days` anew, at most MOST_CALLS of them, the latest ones; page
    `number` (from 1) of those that come out differently, newest first."""
    people = _people(session, integration)
    wanted = database_now(session) - timedelta(days=days)
    since = _since(session, integration.id, wanted)
    tally, run = _Tally(), Rehearsal(settings, people, integration.default_country)
    for rows in _chunks(session, integration.id, since):
        decisions = _decisions(session, [row.id for row in rows])
        for row in rows:
            _take(run, tally, row, decisions.get(row.id, {}))
    newest = run.changes[::-1][(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return Rehearsed(
        seen=tally.seen,
        compared=run.compared,
        internal=tally.internal,
        undecided=tally.undecided,
        unwritten=tally.unwritten,
        before=run.before,
        after=run.after,
        changes=len(run.changes),
        page=_changed_calls(session, run, newest),
        number=number,
        since=since,
        is_capped=since > wanted,
    )


def _take(run: Rehearsal, tally: _Tally, row: Row[Any], decisions: dict[str, Any]) -> None:
    tally.seen += 1
    call = _past_call(row, decisions)
    if is_internal(call.facts):
        tally.internal += 1
    elif "contact" not in decisions:
        tally.undecided += 1
    else:
        run.take(call)
        if row.state in (CallState.FAILED, CallState.WAITING):
            created = row.created or {}
            tally.unwritten += sum(not created.get(f"{one}_id") for one in call.made.actions)


def _past_call(row: Any, decisions: dict[str, Any]) -> PastCall:
    contact, task = decisions.get("contact"), decisions.get("task")
    actions = [Entity(a) for each in (contact, task) if each for a in each.actions]
    owner = contact.owner_user_id if contact else None
    return PastCall(
        row_id=row.id,
        facts=deciding_facts(row.call_session_id, row.facts or {}, row.started_at),
        contact=Contact(contact.contact) if contact and contact.contact else None,
        made=made_of(actions, owner, task.owner_user_id if task else None),
        client=row.client,
    )


def _since(session: Session, integration_id: int, wanted: datetime) -> datetime:
    """The start of the oldest call that is looked at."""
    query = (
        select(CALLS.c.started_at)
        .where(CALLS.c.integration_id == integration_id, CALLS.c.started_at >= wanted)
        .order_by(CALLS.c.started_at.desc())
        .offset(MOST_CALLS)
        .limit(1)
    )
    beyond = session.execute(query).scalar_one_or_none()
    return wanted if beyond is None else beyond + timedelta(milliseconds=1)


def _chunks(session: Session, integration_id: int, since: datetime) -> Iterator[Sequence[Row[Any]]]:
    """The calls from then on, the oldest first, a thousand at a time."""
    key = tuple_(CALLS.c.started_at, CALLS.c.id)
    last: tuple[Any, int] | None = None
    while True:
        after = key > last if last else CALLS.c.started_at >= since
        query = (
            select(*COLUMNS)
            .where(CALLS.c.integration_id == integration_id, after)
            .order_by(CALLS.c.started_at, CALLS.c.id)
            .limit(CHUNK)
        )
        rows = session.execute(query).all()
        if rows:
            yield rows
        if len(rows) < CHUNK:
            return
        last = (rows[-1].started_at, rows[-1].id)


def _decisions(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Session -> kind -> its decision; after a replay the latest one."""
    names = ("session_row_id", "kind", "contact", "owner_user_id", "actions")
    query = (
        select(*(DECISIONS.c[name] for name in names))
        .where(DECISIONS.c.session_row_id.in_(ids))
        .order_by(DECISIONS.c.number)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.session_row_id, {})[row.kind] = row
    return found


def _changed_calls(
    session: Session, run: Rehearsal, changes: Sequence[Change]
) -> list[ChangedCall]:
    """The calls of one page, each decided once more: for its reasons, and by the settings that it
    was decided with."""
    ids = [change.row_id for change in changes]
    rows = {row.id: row for row in session.scalars(select(CallSession).where(CALLS.c.id.in_(ids)))}
    decisions = _decisions(session, ids)
    found = []
    for change in changes:
        row = rows[change.row_id]
        past = _past_call(row, decisions.get(row.id, {}))
        verdict = run.decide(past, change.client)
        found.append(ChangedCall(row, change, verdict, _is_by_settings(session, run, past, change)))
    return found


def _is_by_settings(session: Session, run: Rehearsal, past: PastCall, change: Change) -> bool:
    then = _settings_of(session, change.row_id)
    if then is None:
        return True
    again = Rehearsal(then, run.people, run.country)
    return made_by(again.decide(past, again.client_of(past))) != change.after


def _settings_of(session: Session, row_id: int) -> Settings | None:
    """The settings that a call was decided with."""
    query = (
        select(SettingsVersion.document)
        .join(CallSession, CallSession.integration_id == SettingsVersion.integration_id)
        .where(CALLS.c.id == row_id, SettingsVersion.number == CallSession.settings_version)
    )
    document = session.execute(query).scalar_one_or_none()
    return load(document) if document is not None else None


def _people(session: Session, integration: Integration) -> People:
    return read_office_lists(session, integration.id, integration.default_country).people
