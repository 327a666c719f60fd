"""The employee sync, Behomes -> CallGear: read everything, plan, write one record at a time.

All pages of both sides are read before the first write; a page that fails ends the run and changes
nothing more. No transaction is open while the other side is asked. A run that was cut off is taken
up again from the beginning: what it has written it finds in both lists.
"""

from __future__ import annotations

import logging
import secrets
import threading
import traceback
from dataclasses import dataclass, replace
from enum import StrEnum
from time import monotonic
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from clients.behomes import BehomesClient
from clients.callgear import CallGearClient
from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    ClientError,
    LimitExceeded,
    NotFoundError,
    RefusedError,
)
from models import Integration, SyncRun
from models.base import reading
from rules.crm import CrmUser
from rules.employee_sync import Known, Result, Step, count_changes, plan
from rules.pbx import Employee, PbxAccount, VirtualNumber
from services.lists import employee_row, store_crm_users, store_pbx
from services.ports import Ports
from services.sync_sending import refused, resolve, send, written
from services.sync_store import LeaseLost, StopAsked, SyncStore, known_of, unclear

logger = logging.getLogger(__name__)

# A limit that is over after so long is waited for; a longer one ends the run.
PATIENCE_SECONDS = 120.0
# Of one request; a job has little time.
PAGE_SECONDS, LOOK_SECONDS = 20.0, 15.0
TARIFF = frozenset({"tariff_restrictions", "data_limit_exceeded"})


class Outcome(StrEnum):
    """What came of the work on a run: finished, more to do, a limit to wait for, not ours."""

    FINISHED = "finished"
    MORE = "more"
    LATER = "later"
    BUSY = "busy"


class TooSlow(Exception):
    """The lists could not be read in the time that a job has."""


@dataclass(frozen=True)
class Limits:
    """When a job must end: `until` is when no further record is begun, `read_by` when the lists
    must have been read (`time.monotonic`); None is without limit. `stopping`: the process ends."""

    until: float | None = None
    read_by: float | None = None
    stopping: threading.Event | None = None

    def is_over(self) -> bool:
        is_late = self.until is not None and monotonic() >= self.until
        return is_late or (self.stopping is not None and self.stopping.is_set())


@dataclass(frozen=True)
class Lists:
    """Both sides as they were read just now."""

    users: tuple[CrmUser, ...]
    account: PbxAccount
    employees: tuple[Employee, ...]
    numbers: tuple[VirtualNumber, ...]


def work(engine: Engine, ports: Ports, run_id: int, limits: Limits | None = None) -> Outcome:
    """Work on a run as far as the limits allow. Safe to call for any run, any number of times."""
    store = SyncStore(engine, run_id, secrets.token_hex(16))
    run = store.claim()
    if run is None:
        return Outcome.BUSY
    with reading(), Session(engine) as session:
        integration = session.get_one(Integration, run.integration_id)
        is_deleted = integration.deleted_at is not None
        crm = None if is_deleted else ports.crm(integration)
        pbx = None if is_deleted else ports.pbx(integration)
    if crm is None:
        store.finish("stopped")
        return Outcome.FINISHED
    attempt = _Attempt(store, run, crm, pbx, limits or Limits())
    try:
        return attempt.run()
    except LeaseLost:
        return Outcome.BUSY


class _Attempt:
    """One worker's work on one run."""

    def __init__(
        self,
        store: SyncStore,
        run: SyncRun,
        crm: BehomesClient,
        pbx: CallGearClient | None,
        limits: Limits,
    ) -> None:
        self._store = store
        self._run = run
        self._crm = crm
        self._pbx = pbx
        self._limits = limits
        self._side = "callgear"
        self._known = Known(country="")

    def run(self) -> Outcome:
        try:
            return self._go()
        except StopAsked:
            return self._end("stopped")
        except LimitExceeded as error:
            if error.retry_after is not None and error.retry_after <= PATIENCE_SECONDS:
                self._store.put_down(error.retry_after + 1)
                return Outcome.LATER
            return self._abort(error)
        except ClientError as error:
            return self._abort(error)
        except TooSlow:
            return self._end("aborted", self._told("too_slow"))
        except LeaseLost:
            raise
        except Exception as crash:
            # The edge of the run: a defect must not be repeated for ever, nor leave it unfinished.
            # Without the message: a database's can hold a whole row, with phones.
            where = "".join(traceback.format_tb(crash.__traceback__))
            logger.error("employee sync %s: %s\n%s", self._run.id, type(crash).__name__, where)
            self._side = "server"
            return self._end("aborted", self._told("crashed"))

    def _go(self) -> Outcome:
        lists = self._read()
        phase = "write" if self._run.phase == "write" else "match"
        with self._store.changing(phase=phase) as session:
            self._keep(session, lists)
            numbers = [each.number for each in lists.numbers]
            known = known_of(session, session.get_one(Integration, self._run.integration_id))
            self._known = replace(known, own_numbers=numbers)
        steps = plan(lists.users, lists.employees, self._known)
        if self._is_only_shown(steps):
            return self._show(steps)
        pending = self._begin(steps, lists)
        for number, step in enumerate(pending):
            if number and self._limits.is_over():  # one at least, so that it ever ends
                self._store.put_down()
                return Outcome.MORE
            self._store.renew()
            self._write(step, lists)
        return self._end("done")

    # Reading

    def _read(self) -> Lists:
        if self._pbx is None:
            raise _not_configured()
        self._store.renew()
        pbx = self._pbx.observed(self._between_requests)
        account = pbx.account(timeout=PAGE_SECONDS)
        employees = pbx.employees(timeout=PAGE_SECONDS)
        numbers = pbx.virtual_numbers(timeout=PAGE_SECONDS)
        self._side = "behomes"
        users = tuple(self._crm.observed(self._between_requests).users(timeout=PAGE_SECONDS))
        self._side = "callgear"
        return Lists(users, account, employees, numbers)

    def _between_requests(self, *_told: object) -> None:
        self._store.renew()
        if self._limits.read_by is not None and monotonic() >= self._limits.read_by:
            raise TooSlow

    def _keep(self, session: Session, lists: Lists) -> None:
        store_pbx(session, self._run.integration_id, lists.account, lists.employees, lists.numbers)
        store_crm_users(session, self._run.integration_id, lists.users)
        run = session.get_one(SyncRun, self._run.id)
        run.crm_users = sum(user.active for user in lists.users)
        run.employees = len(lists.employees)

    # Showing

    def _is_only_shown(self, steps: tuple[Step, ...]) -> bool:
        """A dry run; or more would change than was agreed to, and nothing was written yet."""
        most = self._run.max_changes
        is_much = most is not None and count_changes(steps) > most
        return self._run.is_dry or (is_much and self._run.phase != "write")

    def _show(self, steps: tuple[Step, ...]) -> Outcome:
        counts = {"total": len(steps), "done": len(steps), "phase": "write"}
        with self._store.changing(is_dry=True, **counts) as session:
            self._store.forget_items(session, keep=())
            self._store.add_items(session, steps)
        return self._end("done")

    # Writing

    def _begin(self, steps: tuple[Step, ...], lists: Lists) -> list[Step]:
        """Keep what needs no request, pairs first of all; what is left to be sent."""
        with self._store.changing() as session:
            kept, sent = self._store.written(session)
            steps = tuple(resolve(step, sent.get(step.user.id)) for step in steps)
            pending = [step for step in steps if step.write and step.user.id not in kept]
            waiting = {step.user.id for step in pending} | kept
            self._store.forget_items(session, keep=kept)
            self._store.add_items(session, [s for s in steps if s.user.id not in waiting])
            for step in steps:
                self._store.pair(session, step, self._known.pairs.get(step.user.id))
            run = session.get_one(SyncRun, self._run.id)
            run.phase, run.total = "write", len(steps)
            run.done = len(steps) - len(pending)
        return pending

    def _write(self, step: Step, lists: Lists) -> None:
        assert self._pbx is not None
        self._store.mark(step)
        try:
            employee_id = send(self._pbx, step)
        except AmbiguousError as error:
            logger.warning("employee sync %s: %s, looking", self._run.id, error.code)
            self._settle_unclear(step, lists)
            return
        except (RefusedError, AlreadyThereError, NotFoundError) as error:
            if error.vendor_code in TARIFF:
                self._store.unmark(step)
                raise
            self._settle(refused(step, error))
            return
        except ClientError:
            self._store.unmark(step)
            raise
        self._settle(replace(step, employee_id=employee_id), lists)

    def _settle_unclear(self, step: Step, lists: Lists) -> None:
        """Sent, but no answer: look whether it is there. Never sent a second time in this run."""
        assert self._pbx is not None
        self._store.renew()
        employees = self._pbx.employees(timeout=LOOK_SECONDS)
        (again,) = plan([step.user], employees, replace(self._known, gone=()))
        if again.result is Result.SKIPPED and again.employee_id:
            self._settle(replace(step, employee_id=again.employee_id), lists)
            return
        before = {each.id for each in lists.employees}
        new = [one for one in again.candidates if one not in before]
        if step.result is Result.CREATED and len(new) == 1:
            self._settle(replace(step, employee_id=new[0]), lists)
            return
        self._settle(unclear(step))

    def _settle(self, step: Step, lists: Lists | None = None) -> None:
        """Keep how it ended; from now on the employee is this user's. `lists` if it was done."""
        row = (
            employee_row(self._run.integration_id, written(step, lists.employees))
            if lists
            else None
        )
        self._store.settle(step, was=self._known.pairs.get(step.user.id), row=row)
        if row is not None:
            pairs = {**self._known.pairs, step.user.id: row.employee_id}
            self._known = replace(self._known, pairs=pairs)

    # Ending

    def _abort(self, error: ClientError) -> Outcome:
        logger.warning("employee sync %s, %s: %s", self._run.id, self._side, error.code)
        code = "tariff" if error.vendor_code in TARIFF else error.code
        told = self._told(code, error.message)
        if error.retry_after is not None:
            told["retry_after"] = round(error.retry_after)
        return self._end("aborted", told)

    def _told(self, code: str, message: str = "") -> dict[str, Any]:
        return {"side": self._side, "code": code, "message": message}

    def _end(self, state: str, error: dict[str, Any] | None = None) -> Outcome:
        self._store.finish(state, error)
        logger.info("employee sync %s: %s", self._run.id, state)
        return Outcome.FINISHED


def _not_configured() -> ClientError:
    return ClientError("", code="not_configured")
