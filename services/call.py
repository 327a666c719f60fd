"""A claimed call session while it is worked on: its rows in memory, and the changes to store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select

from rules.crm import Client
from rules.decide import Decision
from rules.events import Event
from rules.facts import CallFacts
from rules.keys import reference_prefix, session_key
from rules.material import moment_of
from rules.reasons import Reason
from rules.settings import Settings
from rules.vocabulary import Entity, WriteStatus
from services.changes import Changes
from services.click_links import Clicked
from services.knobs import Knobs
from services.offices import Office
from services.vault import keyed_hash


@dataclass
class Write:
    """A row of the ledger in memory."""

    ledger_key: str
    reference: str
    kind: str
    status: str
    body: dict[str, Any]
    links: dict[str, Any]
    session_row_id: int
    late: list[Any] = field(default_factory=list)
    contact: str | None = None
    is_stale: bool = False
    crm_id: str | None = None
    revision: int = 0
    attempts: int = 0
    refusals: int = 0
    planned_at: datetime | None = None
    next_at: datetime | None = None
    sent_at: datetime | None = None
    done_at: datetime | None = None
    closed_at: datetime | None = None
    error: dict[str, Any] | None = None

    @property
    def is_open(self) -> bool:
        return self.status in (WriteStatus.PLANNED, WriteStatus.SENT)

    @property
    def is_given_up(self) -> bool:
        """Set aside after refusals, or skipped for good."""
        return self.status in (WriteStatus.DEAD, WriteStatus.SKIPPED)


@dataclass
class Stored:
    """A decision as it was stored."""

    kind: str
    rule: str
    actions: tuple[Entity, ...]
    contact: str | None
    owner_user_id: str | None
    client_id: str | None


@dataclass
class Call:
    """`now` gives the database's moment; `read_contact` and `read_key` the ledger's rows of a
    contact or of a key, `read_rows` those of any query, from the database as it is now."""

    row: Any
    office: Office
    settings: Settings | None
    rendering: Settings | None  # what is sent is rendered with it: after a replay today's
    events: list[Event]
    now: Callable[[], datetime]
    knobs: Knobs
    read_contact: Callable[..., list[Write]]
    read_key: Callable[[str], Write | None]
    read_rows: Callable[[Select[Any]], Sequence[Any]]
    writes: dict[str, Write] = field(default_factory=dict)
    decisions: dict[str, Stored] = field(default_factory=dict)
    # While it is decided anew: the decisions before, and the writes that may be planned afresh.
    earlier: dict[str, Stored] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    changes: Changes = field(default_factory=Changes)
    created: dict[str, Any] = field(default_factory=dict)
    client: Client | None = None
    # The click that has started this call, if one did; emptied of links that the CRM does not know.
    clicked: Clicked | None = None
    # While the contact is held: our creates of a client with this phone, the oldest first.
    clients: list[Write] = field(default_factory=list)
    is_locked: bool = False
    # Columns of the session's row that are stored with its release, or with a decision.
    session_changes: dict[str, Any] = field(default_factory=dict)
    looked_up_here: bool = False

    @property
    def id(self) -> int:
        return int(self.row.id)

    @property
    def started_at(self) -> datetime:
        """When its first event happened, before anything is folded."""
        moments = [moment_of(event, self.office.zone) for event in self.events]
        return min(moments, default=self.row.started_at)

    @property
    def may_be_forgotten(self) -> bool:
        """Whether this call may have been worked on before a backup was taken back: then the CRM
        may hold what our ledger does not, and each create is searched for before it is sent."""
        restored_at = self.office.restored_at
        return restored_at is not None and self.started_at < restored_at

    @property
    def rules(self) -> Settings:
        """The settings of the call; work without a published version never comes this far."""
        assert self.settings is not None
        return self.settings

    @property
    def texts(self) -> Settings:
        """The settings with which bodies are rendered."""
        return self.rendering or self.rules

    def trace(self, *reasons: Reason) -> None:
        self.changes.trace(self.id, self.now(), reasons)

    def key(self, kind: str, *more: str) -> str:
        return session_key(kind, self.office.integration_id, self.row.call_session_id, *more)

    def take_clients(self, rows: list[Write]) -> None:
        """Take over the creates of this client as the database has them now: another call may have
        moved them on while we did not hold the contact."""
        self.clients = [self._same(row) for row in rows]

    def _same(self, row: Write) -> Write:
        known = self.writes.get(row.ledger_key)
        if known is None:
            return row
        if row.ledger_key not in self.changes.updates:
            known.__dict__.update(row.__dict__)
        return known

    def phone_hash(self, facts: CallFacts) -> str:
        phone = facts.client_phone.value if facts.client_phone else ""
        return keyed_hash(self.office.reference_key, f"phone|{phone}")

    def plan(
        self,
        kind: str,
        key: str,
        body: dict[str, Any],
        *,
        links: dict[str, Any] | None = None,
        late: list[str] | None = None,
        contact: str | None = None,
    ) -> Write:
        """Intend a write; a key that is there already stays as it is, unless it is `free`."""
        known = self.writes.get(key)
        if known is not None:
            if key in self.free:
                self._plan_afresh(known, body=body, links=links or {}, late=late or [])
            return known
        reference = reference_prefix(kind) + keyed_hash(self.office.reference_key, key)
        write = Write(
            ledger_key=key,
            reference=reference,
            kind=kind,
            status=WriteStatus.PLANNED,
            body=body,
            links=links or {},
            session_row_id=self.id,
            late=late or [],
            contact=contact,
            planned_at=self.now(),
        )
        if self.may_be_forgotten and kind in set(Entity):
            write.status, write.sent_at = WriteStatus.SENT, self.office.restored_at
        self.writes[key] = write
        if kind == Entity.CLIENT:
            self.clients.append(write)
        row = {each.name: getattr(write, each.name) for each in fields(Write)}
        self.changes.plan(row | {"integration_id": self.office.integration_id})
        return write

    def _plan_afresh(self, write: Write, **columns: Any) -> None:
        """Plan a write that never reached the CRM as if for the first time."""
        self.free.discard(write.ledger_key)
        fresh = {"refusals": 0, "attempts": 0, "next_at": None, "error": None, "is_stale": False}
        self.update(write, status=WriteStatus.PLANNED, planned_at=self.now(), **fresh, **columns)

    def update(self, write: Write, **columns: Any) -> None:
        """Change a write here and in the ledger."""
        for name, value in columns.items():
            setattr(write, name, value)
        self.changes.update_write(write.ledger_key, **columns)

    def remember(self, decision: Decision) -> Stored:
        """Store a decision with its reasons: it is never made again."""
        stored = Stored(
            decision.kind,
            decision.rule,
            decision.actions,
            decision.contact,
            decision.owner_user_id,
            decision.client_id,
        )
        self.decisions[decision.kind] = stored
        self.changes.decide(
            {
                "session_row_id": self.id,
                "kind": decision.kind,
                "number": self.row.decision_number,
                "decided_at": self.now(),
                "rule": decision.rule,
                "contact": _word(decision.contact),
                "create": _word(decision.create),
                "owner_rule": _word(decision.owner_rule),
                "owner_user_id": decision.owner_user_id,
                "fallback": decision.fallback,
                "client_id": decision.client_id,
                "actions": [str(action) for action in decision.actions],
                "reasons": [reason.as_json() for reason in decision.reasons],
            }
        )
        return stored

    def update_session(self, **columns: Any) -> None:
        self.session_changes |= columns

    def note_double(self, write: Write, crm_id: str, ids: Sequence[str]) -> None:
        """The CRM holds several of a write: a finding for people."""
        row = {name: getattr(write, name) for name in ("session_row_id", "ledger_key", "kind")}
        row |= {"crm_id": crm_id}
        self.changes.double(self.office.integration_id, row, tuple(sorted(set(ids))))

    def set_created(self, name: str, crm_id: str | None) -> None:
        self.created = self.created | {name: crm_id}
        self.update_session(created=self.created)


def _word(value: str | None) -> str | None:
    return None if value is None else str(value)
