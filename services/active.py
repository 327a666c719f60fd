"""A call while a drain works on it, and what is said of it in trace and log."""

from __future__ import annotations

import logging
import traceback
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rules.reasons import Code, because
from rules.vocabulary import CallState, WriteStatus
from services import meters
from services.call import Call
from services.changes import Changes
from services.meter_layout import KINDS
from services.saying import about_call
from services.steps import Rest, Work

logger = logging.getLogger(__name__)

CRASHES = 3
CRASH_LATER = timedelta(seconds=5)


@dataclass(eq=False)
class Active:
    """`rest` is set when the work has ended; `locks` are the contacts that it holds."""

    call: Call
    work: Work
    locks: set[str] = field(default_factory=set)
    rest: Rest | None = None

    def about(self) -> AbstractContextManager[Any]:
        """While this lasts, lines of the log are about this call."""
        return about_call(self.call.office.integration_id, self.call.row.call_session_id)

    def crashed(self, crash: Exception) -> None:
        """A defect of ours, or a poisonous call: set aside after three times, neighbours go on."""
        # Without the message: a database's can hold the whole row, with the client's phone.
        where = "".join(traceback.format_tb(crash.__traceback__))
        with self.about():
            logger.error("call session %s: %s\n%s", self.call.id, type(crash).__name__, where)
        call = self.call
        self.work.close()
        call.changes = Changes()
        call.trace(because(Code.CRASHED, error=type(crash).__name__))
        is_last = call.row.crashes + 1 >= CRASHES
        state = CallState.FAILED if is_last else CallState.WAITING
        self.rest = Rest(state, "crashed", None if is_last else call.now() + CRASH_LATER)

    def say_rest(self) -> None:
        """One line when the work on a call ends."""
        if self.rest is None:
            return
        meters.count("calls_worked_total", str(self.rest.state))
        with self.about():
            logger.log(
                logging.WARNING if self.rest.state is CallState.FAILED else logging.INFO,
                "call %s of integration %s: %s %s",
                self.call.row.call_session_id,
                self.call.office.integration_id,
                self.rest.state,
                self.rest.reason or "",
            )

    def count_writes(self) -> None:
        """Count what was stored of the ledger just now."""
        changes = self.call.changes
        for key, columns in (*changes.plans.items(), *changes.updates.items()):
            result = _result(columns)
            kind = self.call.writes[key].kind if key in self.call.writes else ""
            if result and kind in KINDS:
                meters.count("crm_writes_total", kind, result)

    def trace_exchanges(self, exchanges: tuple[tuple[Any, ...], ...]) -> None:
        """Each exchange with the CRM: what, how it was answered, and in what time."""
        for operation, method, path, status, milliseconds, error in exchanges:
            self.call.trace(
                because(
                    Code.CRM_REQUEST,
                    operation=operation,
                    method=method,
                    path=path,
                    status=status,
                    milliseconds=round(milliseconds),
                    error=error,
                )
            )


def _result(columns: dict[str, Any]) -> str | None:
    """What became of a write by the columns that were stored; None: nothing worth counting."""
    status = columns.get("status")
    if status in (WriteStatus.SENT, WriteStatus.DONE, WriteStatus.DEAD):
        return str(status)
    is_sent_whole = status == WriteStatus.PLANNED and "revision" in columns and columns["revision"]
    if is_sent_whole:
        return str(WriteStatus.SENT)
    return "again" if columns.get("error") else None
