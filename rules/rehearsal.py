"""Past calls decided anew: what other settings would have made of them, beside what was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.crm import Client
from rules.facts import CallFacts
from rules.owner import People
from rules.settings import Settings
from rules.verdict import Verdict, judge
from rules.vocabulary import Contact, Direction, Entity

ALL = tuple(Entity)


@dataclass(frozen=True)
class Made:
    """What a call makes and for whom; owners are None where nothing is made for one."""

    actions: frozenset[Entity] = frozenset()
    owner: str | None = None
    task_owner: str | None = None


@dataclass(frozen=True)
class PastCall:
    """A decided call as it is stored: `made` and `contact` are of its decisions, `client` is whom
    it was decided with, or made."""

    row_id: int
    facts: CallFacts
    contact: Contact | None
    made: Made
    client: Mapping[str, Any] | None


@dataclass(frozen=True)
class Change:
    """A call of which other settings make something else; `client` is whom they knew then."""

    row_id: int
    before: Made
    after: Made
    client: Client | None


@dataclass
class Rehearsal:
    """Decides calls anew, the oldest first, and counts. A number that was unknown in truth counts
    as known from the call on in which these settings make its client; a client who was there in
    truth counts as known."""

    settings: Settings
    people: People
    country: str
    before: dict[Entity, int] = field(default_factory=lambda: dict.fromkeys(ALL, 0))
    after: dict[Entity, int] = field(default_factory=lambda: dict.fromkeys(ALL, 0))
    compared: int = 0
    changes: list[Change] = field(default_factory=list)
    _made_clients: dict[str, str | None] = field(default_factory=dict)

    def take(self, call: PastCall) -> None:
        """Decide one call anew."""
        client = self.client_of(call)
        after = made_by(self.decide(call, client))
        phone = call.facts.client_phone
        if Entity.CLIENT in after.actions and phone:
            self._made_clients[phone.value] = after.owner
        self.compared += 1
        _count(self.before, call.made.actions)
        _count(self.after, after.actions)
        if after != call.made:
            self.changes.append(Change(call.row_id, call.made, after, client))

    def decide(self, call: PastCall, client: Client | None) -> Verdict:
        """Both decisions of a call by these settings."""
        return judge([call.facts], client, self.settings, self.people, self.country)

    def client_of(self, call: PastCall) -> Client | None:
        """Whom a call would find, with all earlier ones taken."""
        known = call.client or {}
        is_known = call.contact is Contact.REPEAT or (call.contact is None and bool(known))
        if is_known:
            responsible = known.get("responsible_user_id")
            return Client(known.get("id") or "", known.get("name"), responsible_user_id=responsible)
        phone = call.facts.client_phone
        if phone is None or phone.value not in self._made_clients:
            return None
        return Client("", responsible_user_id=self._made_clients[phone.value])


def made_by(verdict: Verdict) -> Made:
    """What two decisions make."""
    contact, task = verdict.contact, verdict.task
    return made_of(
        verdict.actions,
        contact.owner_user_id if contact else None,
        task.owner_user_id if task else None,
    )


def made_of(actions: Iterable[Entity], owner: str | None, task_owner: str | None) -> Made:
    found = frozenset(actions)
    return Made(
        found,
        owner if found - {Entity.TASK} else None,
        task_owner if Entity.TASK in found else None,
    )


def is_internal(facts: CallFacts) -> bool:
    return facts.direction is Direction.INTERNAL


def _count(counts: dict[Entity, int], actions: Iterable[Entity]) -> None:
    for action in actions:
        counts[action] += 1
