"""What happens in every case: first or repeat contact, reached or not, in both directions.

Each case is decided by `rules/decide.py` from a made-up call whose people are told apart by role,
at the same points of the call at which a real one is decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.crm import Client
from rules.decide import Decision, decide_contact, decide_task
from rules.facts import CallFacts
from rules.owner import People
from rules.phones import Phone
from rules.settings import Settings
from rules.vocabulary import Contact, Direction, Entity, Outcome, OwnerRule


class Who(StrEnum):
    """Who becomes responsible: by what he did in the call, or by where he is named."""

    ANSWERED_BY = "answered_by"
    FINISHED_BY = "finished_by"
    CALLER = "caller"
    CLIENT_CARD = "client_card"
    RESPONSIBLE = "responsible"
    NOBODY = "nobody"


class Point(StrEnum):
    """When in the call it is decided."""

    START = "start"
    ANSWER = "answer"
    END = "end"


@dataclass(frozen=True)
class Heir:
    """`who` gets it; `user_id` only for the responsible of the settings. `backup` gets it where the
    one meant by the rule cannot be told: an employee without a CRM user, an empty client card."""

    who: Who
    backup: Who
    user_id: str | None = None

    @property
    def is_gap(self) -> bool:
        return self.who is Who.NOBODY


@dataclass(frozen=True)
class Case:
    """What one kind of call makes. `owner` is None where nothing is created, `task` where there is
    no task, `owner_rule` where no owner was asked for."""

    direction: Direction
    contact: Contact
    outcome: Outcome
    creates: tuple[Entity, ...]
    owner_rule: OwnerRule | None
    owner: Heir | None
    task: Heir | None
    decided: Point

    @property
    def place(self) -> str:
        """The settings of its side and contact: `incoming.first`."""
        side = "incoming" if self.direction is Direction.INBOUND else "outgoing"
        return f"{side}.{self.contact}"

    @property
    def is_reached(self) -> bool:
        return self.outcome is Outcome.ANSWERED

    @property
    def is_empty(self) -> bool:
        """Nothing but the entry in the call history."""
        return not self.creates and self.task is None

    @property
    def is_gap(self) -> bool:
        """Something is made and would belong to nobody."""
        return any(heir is not None and heir.is_gap for heir in (self.owner, self.task))


OUTCOMES = {
    Direction.INBOUND: (Outcome.ANSWERED, Outcome.LOST),
    Direction.OUTBOUND: (Outcome.ANSWERED, Outcome.FAILED),
}
# No id of the CRM holds a NUL.
_USERS = {who: f"\0{who}" for who in (Who.ANSWERED_BY, Who.FINISHED_BY, Who.CALLER)}
_CARD = f"\0{Who.CLIENT_CARD}"
_PHONE = Phone("+971500000000", True)


def cases_of(settings: Settings, absent_users: frozenset[str] = frozenset()) -> tuple[Case, ...]:
    """All eight cases, incoming before outgoing, first before repeat, reached before not."""
    return tuple(
        case_of(settings, direction, contact, outcome, absent_users)
        for direction, outcomes in OUTCOMES.items()
        for contact in Contact
        for outcome in outcomes
    )


def case_of(
    settings: Settings,
    direction: Direction,
    contact: Contact,
    outcome: Outcome,
    absent_users: frozenset[str] = frozenset(),
) -> Case:
    """What such a call makes. `absent_users` are inactive in the CRM or gone from it."""
    told = People({_employee(who): user for who, user in _USERS.items()}, absent_users)
    untold = People({}, absent_users)
    is_known = contact is Contact.REPEAT
    card = Client("c", responsible_user_id=_CARD) if is_known else None
    empty_card = Client("c") if is_known else None
    point, contact_made, task = _decide(settings, direction, outcome, card, told)
    _, contact_backup, task_backup = _decide(settings, direction, outcome, empty_card, untold)
    return Case(
        direction,
        contact,
        outcome,
        contact_made.actions,
        contact_made.owner_rule,
        _heir(contact_made, contact_backup, settings, direction),
        _heir(task, task_backup, settings, direction),
        point,
    )


def _decide(
    settings: Settings,
    direction: Direction,
    outcome: Outcome,
    client: Client | None,
    people: People,
) -> tuple[Point, Decision, Decision]:
    """The contact at the first point at which it can be decided, and the task at the end."""
    points = list(_points(direction, outcome))
    decided = ((point, decide_contact(facts, client, settings, people)) for point, facts in points)
    point, contact = next((point, made) for point, made in decided if made is not None)
    if Entity.CLIENT in contact.actions:
        client = Client("", responsible_user_id=contact.owner_user_id)
    _, ended = points[-1]
    task = decide_task(ended, client, settings, people)
    assert task is not None, "a task is decided at the end of every call"
    return point, contact, task


def _points(direction: Direction, outcome: Outcome) -> Iterator[tuple[Point, CallFacts]]:
    yield Point.START, _facts(direction)
    is_reached = outcome is Outcome.ANSWERED
    if is_reached:
        yield Point.ANSWER, _facts(direction, answered=True)
    yield Point.END, _facts(direction, answered=is_reached, outcome=outcome)


def _facts(
    direction: Direction, *, answered: bool = False, outcome: Outcome | None = None
) -> CallFacts:
    """A call as it would be known then; whoever answers hands it over to whoever finishes."""
    is_ended = outcome is not None
    return CallFacts(
        call_session_id="0",
        direction=direction,
        received_phone=_PHONE.digits,
        client_phone=_PHONE,
        virtual_number=None,
        outcome=outcome,
        is_ended=is_ended,
        is_transfer=answered and is_ended,
        answered_by=_employee(Who.ANSWERED_BY) if answered else None,
        finished_by=_employee(Who.FINISHED_BY) if answered and is_ended else None,
        caller=_employee(Who.CALLER) if direction is Direction.OUTBOUND else None,
        is_first_known=answered,
        needs_report=False,
        talks=(),
        rung=(),
        started_at=None,
        answered_at=None,
        ended_at=None,
        wait_seconds=None,
        talk_seconds=None,
        total_seconds=None,
        end_reason=None,
        recordings=(),
        tags=(),
        external_id=None,
        members={},
        parameters={},
    )


def _employee(who: Who) -> str:
    return str(who)


def _heir(
    decision: Decision, backup: Decision, settings: Settings, direction: Direction
) -> Heir | None:
    if not decision.actions:
        return None
    named = settings.responsible_for(direction)
    who = _who(decision.owner_user_id, named)
    user_id = decision.owner_user_id if who is Who.RESPONSIBLE else None
    return Heir(who, _who(backup.owner_user_id, named), user_id)


def _who(user_id: str | None, named: str | None) -> Who:
    if user_id is None:
        return Who.NOBODY
    if user_id == named:
        return Who.RESPONSIBLE
    if user_id == _CARD:
        return Who.CLIENT_CARD
    return next(who for who, user in _USERS.items() if user == user_id)
