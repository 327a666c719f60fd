"""Drain the work that is due: many calls at once, one transaction for all of them at a time.

One thread owns the database; HTTP runs in others. In each round the works that have an answer are
moved on, what they want stored is written and committed together, and only then the requests that
they ask for are sent: "sent" is always committed before the request, and a commit is shared.
"""

from __future__ import annotations

import secrets
from collections import Counter, deque
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, StatementError
from sqlalchemy.orm import Session

from models.base import reading
from services import claims
from services.active import Active
from services.call_rows import LedgerReader, load_calls
from services.call_work import work_on
from services.changes import Changes, store
from services.contact_locks import ContactLocks
from services.crm_requests import Answer, CrmRequests
from services.database_clock import DatabaseClock
from services.due import is_any_due
from services.intake import take_in
from services.knobs import Knobs
from services.offices import Offices
from services.release import keep, release
from services.steps import Blocked, Lock, Send

CAPACITY = 192
CLAIM_AT_ONCE = 64
RENEW_SECONDS = 3.0
LOOK_SECONDS = 0.1
WAIT_SECONDS = 0.05
# What the database or the way there refuses of one call's wishes; also an outage is one of them.
UNSTORABLE = (StatementError, TypeError, ValueError)


class Stopping(Protocol):
    """Tells that this process is asked to stop."""

    def is_set(self) -> bool: ...


class Drain:
    """One run of draining, by one thread. Make one per run."""

    def __init__(
        self,
        engine: Engine,
        offices: Offices,
        knobs: Knobs,
        *,
        stopping: Stopping | None = None,
        capacity: int = CAPACITY,
    ) -> None:
        self._engine = engine
        self._offices = offices
        self._knobs = knobs
        self._stopping = stopping
        self._capacity = capacity
        self._token = secrets.token_hex(12)
        self._clock = DatabaseClock(engine)
        self._ledger = LedgerReader()
        self._requests: CrmRequests[Active] = CrmRequests(self._token)
        self._active: dict[int, Active] = {}
        self._locks = ContactLocks(self._token)
        self._ready: deque[tuple[Active, Any, Exception | None]] = deque()
        self._renewed_at = monotonic()
        self._looked_at = 0.0
        self._worked = 0

    def run(self, until: float) -> int:
        """Work until nothing is due or `until` (of `time.monotonic`), then finish what is under
        way. Returns how many calls were worked on.

        When the database fails, all is left to the leases and the error raised: nothing is lost,
        it is due again.
        """
        is_clean = False
        try:
            while self._take_more(until) or self._active:
                answers = self._collect()
                if answers or self._has_work:
                    self._round(answers)
            is_clean = True
            return self._worked
        finally:
            self._close(is_clean)

    # Taking work

    def _take_more(self, until: float) -> int:
        """Claim due calls while there is time and room; returns how many came."""
        if monotonic() >= until or (self._stopping and self._stopping.is_set()):
            for active in self._requests.drop_waiting():
                self._ready.append((active, None, Blocked("retry")))
            return 0
        room = self._capacity - len(self._active)
        is_soon = bool(self._active) and monotonic() - self._looked_at < LOOK_SECONDS
        if room == 0 or (is_soon and len(self._active) > CLAIM_AT_ONCE / 2):
            return 0
        self._looked_at = monotonic()
        with reading(), self._engine.connect() as connection:
            if not is_any_due(connection):
                return 0
        with self._engine.begin() as connection:
            take_in(connection)
            limit = min(room, CLAIM_AT_ONCE)
            held = Counter(active.call.office.account_row_id for active in self._active.values())
            rows = claims.claim(connection, self._token, limit=limit, held=held)
            if not rows and not self._active:
                rows = claims.claim(connection, self._token, limit=1, held=held, alone=True)
        if rows:
            with reading(), Session(self._engine) as session:
                now = self._clock.now
                loaded = load_calls(session, rows, self._offices, self._knobs, now, self._ledger)
            # Of two calls of one unknown number the one that started earlier is the first contact.
            for call in sorted(loaded, key=lambda call: call.started_at):
                active = Active(call, work_on(call))
                self._active[call.id] = active
                self._ready.append((active, None, None))
        self._worked += len(rows)
        return len(rows)

    def _collect(self) -> list[Answer[Active]]:
        """Answers that have come; waits for one only if there is nothing else to do."""
        is_busy = bool(self._ready) or self._locks.is_wanted
        answers = self._requests.answers(0 if is_busy else WAIT_SECONDS)
        for answer in answers:
            answer.owner.trace_exchanges(answer.exchanges)
            self._ready.append((answer.owner, answer.value, answer.error))
        return answers

    @property
    def _has_work(self) -> bool:
        is_renewal = monotonic() - self._renewed_at > RENEW_SECONDS
        is_asked = self._locks.is_wanted or self._requests.is_waiting
        return bool(self._ready) or is_asked or is_renewal

    # One round

    def _round(self, answers: list[Answer[Active]]) -> None:
        """Move works on without a lock on anything, then store it all in one short transaction."""
        touched = self._move_on()
        with self._engine.connect() as connection:
            transaction = connection.begin()
            self._requests.note_health(connection, answers)
            self._renew(connection)
            # Who gets a contact moves on in the next round, when the lock is committed.
            self._ready += [(active, rows, None) for active, rows in self._locks.take(connection)]
            self._grant(connection, touched)
            try:
                mine = self._store(connection, touched)
                transaction.commit()
            except UNSTORABLE as error:
                transaction.rollback()
                if _is_outage(error):
                    raise
                mine = self._store_one_by_one(connection, touched)
        self._finish(touched, mine)
        self._requests.start([active for active in touched.values() if active in mine])

    def _move_on(self) -> dict[int, Active]:
        """Move on every work that can be; returns whose changed."""
        touched: dict[int, Active] = {}
        with self._ledger.reading(self._engine):
            while self._ready:
                active, value, error = self._ready.popleft()
                if active.call.id in self._active:
                    touched[active.call.id] = active
                    self._advance(active, value, error)
        return touched

    def _grant(self, connection: Connection, touched: dict[int, Active]) -> None:
        """Let requests go as pace allows; those of a blocked account are told so."""
        granted, blocked = self._requests.grant(connection)
        touched |= {active.call.id: active for active in granted}
        for active, reason in blocked:
            touched[active.call.id] = active
            self._advance(active, None, Blocked(reason))

    def _advance(self, active: Active, value: Any, error: Exception | None) -> None:
        """Run a work up to its next question or its end."""
        try:
            with active.about():
                step = active.work.throw(error) if error else active.work.send(value)
        except StopIteration as stop:
            active.rest = stop.value
            return
        except (OperationalError, InterfaceError):
            raise
        except Exception as crash:
            active.crashed(crash)
            return
        match step:
            case Lock():
                self._locks.want(active, step)
            case Send():
                office = active.call.office
                late = active.call.row.from_report
                self._requests.queue(active, office.account_row_id, office.crm, step, is_late=late)
            case _:
                raise TypeError(f"unknown step {step!r}")

    # Storing

    def _store(self, connection: Connection, touched: dict[int, Active]) -> set[Active]:
        """Store what the works want, of those whose leases are still ours; returns these."""
        if not touched:
            return set()
        mine = self._still_mine(connection, touched)
        store(connection, [active.call.changes for active in mine])
        decided = [a.call for a in mine if a.call.changes.is_decisive and not a.rest]
        keep(connection, decided)
        ended = [(active.call, active.rest) for active in mine if active.rest]
        release(connection, ended, self._clock.now())
        keys = [key for active in mine if active.rest for key in active.locks]
        claims.unlock(connection, self._token, keys)
        return mine

    def _still_mine(self, connection: Connection, touched: dict[int, Active]) -> set[Active]:
        sessions = claims.still_mine(connection, self._token, touched)
        held = {key for active in touched.values() for key in active.locks}
        locks = claims.locks_still_mine(connection, self._token, held)
        return {a for row_id, a in touched.items() if row_id in sessions and a.locks <= locks}

    def _store_one_by_one(self, connection: Connection, touched: dict[int, Active]) -> set[Active]:
        """Something that one call wants stored is refused by the database: find out whose it is."""
        mine: set[Active] = set()
        for row_id, active in touched.items():
            try:
                with connection.begin():
                    claims.lock(connection, self._token, active.locks)
                    mine |= self._store(connection, {row_id: active})
            except UNSTORABLE as error:
                if _is_outage(error):
                    raise
                active.crashed(error)
                with connection.begin():
                    self._store(connection, {row_id: active})
                self._forget(active)
        return mine

    def _finish(self, touched: dict[int, Active], mine: set[Active]) -> None:
        for active in touched.values():
            if active in mine:
                active.count_writes()
            active.call.changes = Changes()
            if active.rest and active in mine:
                active.say_rest()
            if active.rest or active not in mine:
                self._forget(active)

    def _forget(self, active: Active) -> None:
        active.work.close()
        self._active.pop(active.call.id, None)
        self._locks.free(active)

    def _renew(self, connection: Connection) -> None:
        if monotonic() - self._renewed_at > RENEW_SECONDS:
            claims.renew(connection, self._token, self._active)
            self._requests.renew(connection)
            self._renewed_at = monotonic()

    def _close(self, is_clean: bool) -> None:
        if not is_clean:
            self._requests.close(None)
            return
        with self._engine.begin() as connection:
            self._requests.close(connection)


def _is_outage(error: Exception) -> bool:
    """The database itself fails, not what one call wants to store."""
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return is_lost or isinstance(error, (OperationalError, InterfaceError))
