"""What audits have found: writes that the CRM holds not at all, or several times.

A finding closes by itself when a later audit finds exactly one. A person can have a lost one made
again, under its key, or say that it is meant to be so. Nothing is ever deleted in the CRM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.orm import Session

from models import AuditFinding, CallSession, CrmWrite, Integration, KnownClient
from models.base import now_ms
from models.bulk import inserting
from rules.audit import Change
from rules.crm_audit import Found, Verdict
from rules.keys import session_key
from rules.reasons import Code
from rules.vocabulary import Entity, WriteStatus
from services import audit_log
from services.replay import DUE, tell

FINDINGS, WRITES = AuditFinding.__table__, CrmWrite.__table__
SESSIONS = CallSession.__table__
OPEN = ("open", "asked")
PROBLEMS = (Found.LOST, Found.DOUBLED)
SHOWN = 100


@dataclass(frozen=True)
class Shown:
    """A finding with its call, and how far its write is if it is made again."""

    finding: AuditFinding
    call: CallSession
    write: CrmWrite | None


def conclude(connection: Connection, run: Row[Any], row: Row[Any], verdict: Verdict) -> bool:
    """Store the verdict of one write; False if the write has changed since it was read."""
    values: dict[str, Any] = {"audited_at": now_ms()}
    if verdict.found is Found.GONE:
        values["closed_at"] = now_ms()
    elif verdict.found is Found.PRESENT and len(verdict.ids) == 1 and row.kind != Entity.CLIENT:
        # Of twins the one that we used may be the one that was taken out by hand.
        values["crm_id"] = verdict.ids[0]
    statement = update(WRITES).where(
        WRITES.c.id == row.id,
        WRITES.c.status == WriteStatus.DONE,
        WRITES.c.crm_id == row.crm_id,
        WRITES.c.closed_at.is_(None),
    )
    if not connection.execute(statement.values(values)).rowcount:
        return False
    if verdict.found in PROBLEMS:
        record(
            connection,
            run.integration_id,
            {name: getattr(row, name) for name in ("session_row_id", "ledger_key", "kind")}
            | {"crm_id": row.crm_id},
            verdict,
        )
    else:
        _close(connection, row.ledger_key, "resolved" if verdict.found is Found.PRESENT else "gone")
    return True


def record(
    connection: Connection, integration_id: int, write: Mapping[str, Any], verdict: Verdict
) -> None:
    """Note that the CRM holds none or several of a write. What a person has accepted stays closed
    as long as it is the same."""
    known = connection.execute(
        select(FINDINGS).where(FINDINGS.c.ledger_key == write["ledger_key"]).with_for_update()
    ).first()
    told: dict[str, Any] = {
        "problem": str(verdict.found),
        "ids": list(verdict.ids),
        "checked_at": now_ms(),
    }
    if known is None:
        new = {"integration_id": integration_id, "state": "open", "seen_at": now_ms()}
        statement = inserting(connection, FINDINGS).values({**write, **told, **new})
        connection.execute(statement.on_conflict_do_nothing(index_elements=["ledger_key"]))
        return
    is_same = known.problem == told["problem"] and known.ids == told["ids"]
    if known.state in ("resolved", "gone") or (known.state == "accepted" and not is_same):
        told |= {"state": "open", "seen_at": now_ms(), "closed_at": None, "by": None}
    elif known.state == "asked":
        told |= {"state": "open", "by": None}
    connection.execute(update(FINDINGS).where(FINDINGS.c.id == known.id).values(told))


def follow_up(connection: Connection, row: Row[Any]) -> None:
    """A write that the CRM has told us is deleted needs nobody's attention any more."""
    if row.closed_at is not None:
        _close(connection, row.ledger_key, "gone")


def list_open(session: Session, integration_id: int, *, limit: int = SHOWN) -> Sequence[Shown]:
    """What is not closed, the newest finding first."""
    query = (
        select(AuditFinding, CallSession, CrmWrite)
        .join(CallSession, CallSession.id == AuditFinding.session_row_id)
        .outerjoin(CrmWrite, CrmWrite.ledger_key == AuditFinding.ledger_key)
        .where(AuditFinding.integration_id == integration_id, AuditFinding.state.in_(OPEN))
    )
    rows = session.execute(query.order_by(AuditFinding.id.desc()).limit(limit))
    return [Shown(*row) for row in rows]


def count_open(session: Session, integration_id: int) -> Mapping[str, int]:
    """Problem -> how many findings that nobody has acted on."""
    query = select(FINDINGS.c.problem, func.count()).where(
        FINDINGS.c.integration_id == integration_id, FINDINGS.c.state == "open"
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(FINDINGS.c.problem))}


def make_again(connection: Connection, integration_id: int, finding_id: int, *, by: str) -> bool:
    """Have a lost one made again under its key: it is searched for once more, then sent. False if
    it is not lost (any more)."""
    finding = _take(connection, integration_id, finding_id, Found.LOST)
    if finding is None:
        return False
    reopened = connection.execute(
        update(WRITES)
        .where(WRITES.c.ledger_key == finding.ledger_key, WRITES.c.status == WriteStatus.DONE)
        .values(
            # As after an unclear answer: nothing is sent before the search has shown nothing.
            status=WriteStatus.SENT,
            sent_at=func.coalesce(WRITES.c.sent_at, WRITES.c.done_at),
            crm_id=None,
            done_at=None,
            closed_at=None,
            audited_at=None,
            next_at=None,
            attempts=0,
            refusals=0,
        )
        .returning(WRITES.c.session_row_id)
    ).scalar()
    if reopened is None:
        return False
    _complete_anew(connection, finding)
    if finding.kind == Entity.LEAD:
        _link_deals_anew(connection, finding.session_row_id)
    if finding.kind == Entity.CLIENT:
        _forget_client(connection, integration_id, finding.crm_id)
    waiting = {"state": "waiting", "state_reason": "replayed"}
    connection.execute(
        update(SESSIONS).where(SESSIONS.c.id == finding.session_row_id).values(DUE | waiting)
    )
    tell(connection, finding.session_row_id, Code.MADE_AGAIN, kind=finding.kind, by=by)
    audit_log.record(connection, Change.MADE_AGAIN, integration_id, kind=finding.kind)
    _set(connection, finding.id, state="asked", by=by)
    return True


def accept(
    connection: Connection, integration_id: int, finding_ids: Sequence[int], *, by: str
) -> int:
    """A person says that it is meant to be so: lost ones were deleted on purpose, doubled ones are
    looked after. Returns how many findings were closed."""
    done = 0
    for finding_id in finding_ids:
        finding = _take(connection, integration_id, finding_id)
        if finding is None:
            continue
        is_lost = finding.problem == Found.LOST
        if is_lost:
            connection.execute(
                update(WRITES)
                .where(WRITES.c.ledger_key == finding.ledger_key, WRITES.c.closed_at.is_(None))
                .values(closed_at=now_ms())
            )
        state = "gone" if is_lost else "accepted"
        _set(connection, finding.id, state=state, closed_at=now_ms(), by=by)
        tell(connection, finding.session_row_id, Code.FINDING_ACCEPTED, kind=finding.kind, by=by)
        done += 1
    if done:
        audit_log.record(connection, Change.FINDINGS_ACCEPTED, integration_id, count=done)
    return done


def _take(
    connection: Connection, integration_id: int, finding_id: int, problem: Found | None = None
) -> Row[Any] | None:
    query = select(FINDINGS).where(
        FINDINGS.c.id == finding_id,
        FINDINGS.c.integration_id == integration_id,
        FINDINGS.c.state == "open",
    )
    if problem is not None:
        query = query.where(FINDINGS.c.problem == str(problem))
    return connection.execute(query.with_for_update()).first()


def _complete_anew(connection: Connection, finding: Row[Any]) -> None:
    """What was filled in at the end of the call is filled in again."""
    call_id = connection.execute(
        select(SESSIONS.c.call_session_id).where(SESSIONS.c.id == finding.session_row_id)
    ).scalar_one()
    parts = ((finding.kind,), (finding.kind, "recording"))
    keys = [session_key("complete", finding.integration_id, call_id, *more) for more in parts]
    connection.execute(delete(WRITES).where(WRITES.c.ledger_key.in_(keys)))


def _link_deals_anew(connection: Connection, session_row_id: int) -> None:
    """A deal of the same call is linked to the lead that comes (`services/carry_out.py`)."""
    mine = WRITES.c.session_row_id == session_row_id, WRITES.c.kind == Entity.DEAL
    for deal in connection.execute(select(WRITES.c.id, WRITES.c.body).where(*mine)).all():
        body = {name: value for name, value in deal.body.items() if name != "lead_id"}
        connection.execute(update(WRITES).where(WRITES.c.id == deal.id).values(body=body))


def _forget_client(connection: Connection, integration_id: int, client_id: str | None) -> None:
    """The index of clients must not send anybody to a client who is not there."""
    account = select(Integration.crm_account_row_id).where(Integration.id == integration_id)
    index = KnownClient.__table__
    connection.execute(
        delete(index).where(
            index.c.crm_account_row_id == account.scalar_subquery(),
            index.c.client_id == client_id,
        )
    )


def _close(connection: Connection, ledger_key: str, state: str) -> None:
    connection.execute(
        update(FINDINGS)
        .where(FINDINGS.c.ledger_key == ledger_key, FINDINGS.c.state.in_((*OPEN, "accepted")))
        .values(state=state, closed_at=now_ms(), checked_at=now_ms())
    )


def _set(connection: Connection, finding_id: int, **values: Any) -> None:
    connection.execute(update(FINDINGS).where(FINDINGS.c.id == finding_id).values(values))
