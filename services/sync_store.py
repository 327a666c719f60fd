"""What a run of the employee sync keeps: its lease, its progress, its items, the pairs.

Every commit checks the lease first, so that a worker that was too slow can no longer write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from models import CrmUserRow, EmployeeRow, Integration, SyncItem, SyncRun, UserMapping
from models.base import now_ms
from rules.crm import CrmUser
from rules.employee_sync import Known, Result, Step, Why
from services.sync_runs import UNFINISHED

# Longer than the longest request, because it is renewed between requests.
LEASE_MS = 45_000
WRITTEN = (Why.NEW, Why.NEW_AGAIN, Why.FILLED)
RUNS = SyncRun.__table__
ITEMS = SyncItem.__table__


class LeaseLost(Exception):
    """Somebody else works on this run now, or it was ended."""


class StopAsked(Exception):
    """A person wants the run to stop."""


class SyncStore:
    """One run, as long as the lease is ours."""

    def __init__(self, engine: Engine, run_id: int, token: str) -> None:
        self._engine = engine
        self.run_id = run_id
        self._token = token
        self.integration_id = 0

    def claim(self) -> SyncRun | None:
        """Take the run; None if it is finished, or held by another worker."""
        is_free = or_(RUNS.c.leased_until.is_(None), RUNS.c.leased_until < now_ms())
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            taken = session.execute(
                update(RUNS)
                .where(RUNS.c.id == self.run_id, RUNS.c.state.in_(UNFINISHED), is_free)
                .values(
                    state="running",
                    started_at=func.coalesce(RUNS.c.started_at, now_ms()),
                    lease_token=self._token,
                    leased_until=now_ms() + LEASE_MS,
                )
            )
            if not taken.rowcount:  # type: ignore[attr-defined]
                return None
            run = session.get_one(SyncRun, self.run_id)
            self.integration_id = run.integration_id
            return run

    @contextmanager
    def changing(self, **values: Any) -> Iterator[Session]:
        """A transaction that sets these columns of the run and renews the lease. Raises
        LeaseLost."""
        with Session(self._engine) as session, session.begin():
            mine = session.execute(
                update(RUNS)
                .where(RUNS.c.id == self.run_id, RUNS.c.lease_token == self._token)
                .values(leased_until=now_ms() + LEASE_MS, **values)
            )
            if not mine.rowcount:  # type: ignore[attr-defined]
                raise LeaseLost
            yield session

    def renew(self) -> None:
        """Keep the lease while nothing else is to be kept. Raises LeaseLost and StopAsked."""
        with self.changing() as session:
            asked = session.get_one(SyncRun, self.run_id).stop_requested
        if asked:
            raise StopAsked

    def finish(self, state: str, error: Mapping[str, Any] | None = None) -> None:
        """End the run, and let the other lists be read again soon."""
        values = {"state": state, "error": dict(error) if error else None}
        with self.changing(**values, finished_at=now_ms()) as session:
            self._release(session)
            row = Integration.__table__
            session.execute(
                update(row).where(row.c.id == self.integration_id).values(pbx_tried_at=None)
            )

    def put_down(self, seconds: float = 0) -> None:
        """Give the lease back; nobody takes the run before so many seconds have passed."""
        with self.changing() as session:
            self._release(session, int(seconds * 1000))

    def _release(self, session: Session, later_ms: int = 0) -> None:
        until = now_ms() + later_ms if later_ms else None
        values = {"lease_token": None, "leased_until": until}
        session.execute(update(RUNS).where(RUNS.c.id == self.run_id).values(values))

    # What is known

    def written(self, session: Session) -> tuple[set[str], dict[str, dict[str, Any]]]:
        """The users for whom this run has written already; and those for whom it has sent
        something, nobody knows whether it was carried out: user -> what was to come of it."""
        query = select(SyncItem).where(
            SyncItem.run_id == self.run_id, SyncItem.reason.in_([*WRITTEN, Why.UNCLEAR])
        )
        items = session.scalars(query).all()
        sent = {item.crm_user_id: item.values for item in items if item.reason == Why.UNCLEAR}
        return {item.crm_user_id for item in items} - sent.keys(), sent

    # Items and pairs

    def forget_items(self, session: Session, keep: Iterable[str]) -> None:
        """Drop the items of an earlier attempt but those of these users."""
        mine = ITEMS.c.run_id == self.run_id
        session.execute(delete(ITEMS).where(mine, ITEMS.c.crm_user_id.not_in(list(keep))))

    def add_items(self, session: Session, steps: Sequence[Step]) -> None:
        last = session.execute(
            select(func.coalesce(func.max(ITEMS.c.position), 0)).where(
                ITEMS.c.run_id == self.run_id
            )
        ).scalar_one()
        session.add_all(
            self._item(step, position) for position, step in enumerate(steps, start=last + 1)
        )

    def mark(self, step: Step) -> None:
        """Before something is sent: if we hear nothing more, nobody knows what became of it."""
        with self.changing() as session:
            self._drop_item(session, step)
            self.add_items(session, [unclear(step)])

    def unmark(self, step: Step) -> None:
        """It was surely not sent."""
        with self.changing() as session:
            self._drop_item(session, step)

    def settle(self, step: Step, *, was: str | None = None, row: EmployeeRow | None = None) -> None:
        """How it ended: the item, the pair, and the employee as he is now."""
        with self.changing(done=RUNS.c.done + 1) as session:
            self._drop_item(session, step)
            self.add_items(session, [step])
            if row is not None:
                session.merge(row)
            self.pair(session, step, was)

    def pair(self, session: Session, step: Step, was: str | None) -> None:
        """Keep the pair, unless a person has said something else meanwhile. `was` is the employee
        with whom the user was paired when the plan was made."""
        if step.employee_id is None or step.result is Result.CONFLICT:
            return
        of_here = UserMapping.integration_id == self.integration_id
        same = or_(
            UserMapping.crm_user_id == step.user.id, UserMapping.employee_id == step.employee_id
        )
        rows = session.scalars(select(UserMapping).where(of_here, same)).all()
        if not rows:
            session.add(
                UserMapping(
                    integration_id=self.integration_id,
                    crm_user_id=step.user.id,
                    employee_id=step.employee_id,
                )
            )
        elif len(rows) == 1 and (rows[0].crm_user_id, rows[0].employee_id) == (step.user.id, was):
            rows[0].employee_id = step.employee_id

    def _drop_item(self, session: Session, step: Step) -> None:
        session.execute(
            delete(ITEMS).where(ITEMS.c.run_id == self.run_id, ITEMS.c.crm_user_id == step.user.id)
        )

    def _item(self, step: Step, position: int) -> SyncItem:
        user = step.user
        number = user.extension or next(iter(user.phones), None)
        return SyncItem(
            run_id=self.run_id,
            position=position,
            crm_user_id=user.id[:100],
            name=user.name,
            email=(user.email or "")[:200] or None,
            phone=(number or "")[:60] or None,
            employee_id=step.employee_id,
            result=str(step.result),
            reason=str(step.why),
            values=dict(step.values),
            candidates=list(step.candidates),
        )


def unclear(step: Step) -> Step:
    """Sent, and nobody knows whether it was carried out; with what was to come of it."""
    meant = {"write": str(step.result), "why": str(step.why), "meant": dict(step.values)}
    return Step(step.user, Result.CONFLICT, Why.UNCLEAR, step.employee_id, meant)


def known_of(session: Session, integration: Integration) -> Known:
    """What the plan needs beside the two lists."""
    of_here = CrmUserRow.integration_id == integration.id
    users = session.scalars(select(CrmUserRow).where(of_here)).all()
    pairs = session.execute(
        select(UserMapping.crm_user_id, UserMapping.employee_id).where(
            UserMapping.integration_id == integration.id
        )
    )
    return Known(
        country=integration.default_country,
        pairs={row.crm_user_id: row.employee_id for row in pairs},
        kept_apart={user.user_id for user in users if user.kept_apart},
        gone=[crm_user(user) for user in users if user.gone],
    )


def crm_user(row: CrmUserRow) -> CrmUser:
    """A stored user again."""
    return CrmUser(
        row.user_id,
        row.name or "",
        row.email,
        tuple(row.phones),
        row.extension,
        active=row.active,
    )
