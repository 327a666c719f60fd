"""Call sessions and ledger rows in an empty SQLite database, made as a test wants them."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from models import (
    AuditFinding,
    CallSession,
    ContactLock,
    CrmAccount,
    CrmWrite,
    Decision,
    Integration,
    KnownClient,
    TraceEntry,
    db,
)
from models.base import from_ms, now_ms

MODELS = (
    AuditFinding,
    CrmAccount,
    Integration,
    CallSession,
    CrmWrite,
    Decision,
    TraceEntry,
    KnownClient,
    ContactLock,
)


class Rows:
    """Moments are given in seconds from now; `seconds_left` turns one back."""

    def __init__(self, path):
        self.engine = create_engine(f"sqlite:///{path}")
        db.metadata.create_all(self.engine, [model.__table__ for model in MODELS])
        self._numbers = count(1)
        with self.engine.connect() as connection:
            self.now = from_ms(connection.execute(select(now_ms())).scalar_one())
        self.integration = self.office()

    def at(self, seconds):
        return None if seconds is None else self.now + timedelta(seconds=seconds)

    def seconds_left(self, moment):
        return (moment - self.now).total_seconds()

    def _add(self, row):
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.add(row)
            session.flush()
            return row.id if hasattr(row, "id") else row.key

    def office(self, *, in_flight=4, breaker="closed", deleted=False):
        """An integration with a CRM account of its own."""
        account = CrmAccount(
            base_url="https://crm.example.com",
            reference_key_sealed="",
            in_flight=in_flight,
            breaker=breaker,
            refilled_at=self.now,
        )
        self.account = self._add(account)
        return self._add(
            Integration(
                title="Office",
                created_at=self.now,
                deleted_at=self.now if deleted else None,
                behomes_base_url="https://crm.example.com",
                behomes_key_sealed="",
                crm_account_row_id=self.account,
                webhook_secret_sealed="",
                api_key_hash=f"hash-{next(self._numbers)}",
            )
        )

    def call(self, *, next_at=-1, lease=None, leased_until=None, started_at=0, **columns):
        """A call session that is due, unless it is said otherwise; its id."""
        return self._add(
            CallSession(
                **{
                    "integration_id": self.integration,
                    "call_session_id": f"call-{next(self._numbers)}",
                    "first_seen_at": self.now,
                    "updated_at": self.now,
                    "started_at": self.at(started_at),
                    "next_at": self.at(next_at),
                    "lease_token": lease,
                    "leased_until": self.at(leased_until),
                    **columns,
                }
            )
        )

    def write(self, key, session_row_id, **columns):
        return self._add(
            CrmWrite(
                **{
                    "ledger_key": key,
                    "reference": f"cg-{key}",
                    "integration_id": self.integration,
                    "session_row_id": session_row_id,
                    "kind": "lead",
                    "body": {},
                    "planned_at": self.now,
                    **columns,
                }
            )
        )

    def decision(self, session_row_id):
        return self._add(
            Decision(
                session_row_id=session_row_id,
                kind="contact",
                decided_at=self.now,
                rule="first-lead",
                actions=[],
                reasons=[],
            )
        )

    def contact_lock(self, key, token, leased_until):
        return self._add(ContactLock(key=key, token=token, leased_until=self.at(leased_until)))

    def get(self, model, key):
        with Session(self.engine) as session:
            row = session.get_one(model, key)
            session.expunge(row)
            return row

    def all(self, model):
        with Session(self.engine) as session:
            rows = list(session.scalars(select(model)))
            session.expunge_all()
            return rows
