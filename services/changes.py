"""What the work on one call wants to have stored: collected, then written in one go.

The drain works on many calls at once and commits for all of them together, so a call's work only
says what it wants. Nothing of a call is stored if its work fails before it yields.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from models import CrmWrite, Decision, TraceEntry
from models.bulk import insert_rows, update_rows
from rules.crm_audit import Found, Verdict
from rules.reasons import Reason
from services.audit_findings import record
from services.known_clients import Reading, remember

Row = dict[str, Any]
WRITES = CrmWrite.__table__
DECISIONS = Decision.__table__
TRACE = TraceEntry.__table__


class Changes:
    """The wishes of one call. `at` is the database's moment, for columns that want one."""

    def __init__(self) -> None:
        self.traces: list[Row] = []
        self.decisions: list[Row] = []
        self.plans: dict[str, Row] = {}  # by ledger key
        self.updates: dict[str, Row] = {}  # ledger key -> columns
        self.known: list[Reading] = []  # whose numbers are, for the index
        self.doubles: list[tuple[int, Row, tuple[str, ...]]] = []  # what the CRM holds twice

    def trace(self, session_row_id: int, at: Any, reasons: Iterable[Reason]) -> None:
        self.traces += [
            {
                "session_row_id": session_row_id,
                "at": at,
                "code": str(reason.code),
                "values": dict(reason.values),
            }
            for reason in reasons
        ]

    def decide(self, row: Row) -> None:
        self.decisions.append(row)

    def plan(self, row: Row) -> None:
        self.plans[row["ledger_key"]] = row

    def update_write(self, ledger_key: str, **columns: Any) -> None:
        """Change a write; one that is only planned in these changes is planned so at once."""
        known = self.plans.get(ledger_key)
        if known is not None:
            known.update(columns)
        else:
            self.updates.setdefault(ledger_key, {}).update(columns)

    def double(self, integration_id: int, write: Row, ids: tuple[str, ...]) -> None:
        """The CRM showed several things under the reference of a write."""
        self.doubles.append((integration_id, write, ids))

    @property
    def is_decisive(self) -> bool:
        """Whether something is stored that the next run builds upon."""
        return bool(self.decisions or self.plans)

    @property
    def is_empty(self) -> bool:
        stored = (self.traces, self.decisions, self.plans, self.updates, self.known, self.doubles)
        return not any(stored)


def store(connection: Connection, many: Iterable[Changes]) -> None:
    """Write the wishes of many calls, the same statement for all of them together."""
    wishes = [changes for changes in many if not changes.is_empty]
    plans = [row for changes in wishes for row in changes.plans.values()]
    # A planned write that is there already stays as it is.
    insert_rows(connection, WRITES, plans, or_else="ON CONFLICT (ledger_key) DO NOTHING")
    decisions = [row for changes in wishes for row in changes.decisions]
    insert_rows(connection, DECISIONS, decisions)
    insert_rows(connection, TRACE, [row for changes in wishes for row in changes.traces])
    updates = [
        {"ledger_key": key} | columns
        for changes in wishes
        for key, columns in changes.updates.items()
    ]
    update_rows(connection, WRITES, updates, key="ledger_key")
    remember(connection, [reading for changes in wishes for reading in changes.known])
    for changes in wishes:
        for integration_id, write, ids in changes.doubles:
            record(connection, integration_id, write, Verdict(Found.DOUBLED, ids))
