"""What a pop-up shows of a call: a pure function of the set of its events.

Any order and any repetition of the events gives the same card.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from rules.call_course import is_over
from rules.events import Event
from rules.facts import CallFacts, fold
from rules.material import Material, Surroundings, gather
from rules.members import employee_of, text_of
from rules.phones import Phone
from rules.times import EARLIEST
from rules.vocabulary import Direction, EventKind, Outcome

# A ring older than this is shown, but no longer announced.
ANNOUNCED_FOR = timedelta(seconds=60)
# A phone that rings this long without another word does not ring any more; nor does a talk last
# that long.
RINGS_FOR = timedelta(minutes=10)
TALKS_FOR = timedelta(hours=4)


class CardState(StrEnum):
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"
    LOST = "lost"


class SeatState(StrEnum):
    """What one employee sees. Withdrawn: another one answered, or the ring ended without him."""

    RINGING = "ringing"
    TALKING = "talking"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


OPEN_SEATS = (SeatState.RINGING, SeatState.TALKING)


@dataclass(frozen=True)
class Seat:
    """One employee's part in a call. `rang_at`: when his phone began to ring last; `since`: when
    his state began."""

    state: SeatState
    rang_at: datetime | None
    since: datetime
    name: str | None = None
    has_talked: bool = False


@dataclass(frozen=True)
class CardFacts:
    """A call as its events tell it, for pop-ups. `phone` None: the number is hidden."""

    state: CardState
    started_at: datetime
    talking_since: datetime | None
    ended_at: datetime | None
    phone: Phone | None
    virtual_number: str | None
    campaign: str | None
    scenario: str | None
    seats: Mapping[str, Seat]


def fold_card(events: Iterable[Event], around: Surroundings) -> CardFacts | None:
    """The card of one call session; None for calls that are not incoming, and as long as nobody's
    phone has rung. Pure, total; never raises."""
    events = tuple(events)
    facts = fold(events, around)
    material = gather(events, around)
    if facts.direction is not Direction.INBOUND:
        return None
    seats = _seats(material)
    if not seats:
        return None
    is_ended = around.is_closed or is_over(material)
    if is_ended:
        seats = _at_the_end(material, seats, is_lost=_is_lost(facts))
    return CardFacts(
        state=_state(seats, facts, is_ended=is_ended),
        started_at=min(_true_moment(event, at) for at, event in material.timed),
        talking_since=_first_talk(material),
        ended_at=_last_moment(material) if is_ended else None,
        phone=facts.client_phone,
        virtual_number=facts.virtual_number,
        campaign=text_of(material.members, "campaign_name"),
        scenario=text_of(material.members, "scenario_name"),
        seats=seats,
    )


def announced_until(seat: Seat) -> datetime | None:
    """Until when a ring is news to its employee; None if there is nothing to announce."""
    if seat.state is not SeatState.RINGING or seat.rang_at is None:
        return None
    return seat.rang_at + ANNOUNCED_FOR


def news_for_crm(facts: CardFacts, told: Collection[str], now: datetime) -> dict[str, list[str]]:
    """What the CRM's own pop-up is to be told now, each once: event -> employees it is about.

    What happened more than a minute ago is not told any more.
    """
    seats = facts.seats.items()
    ringing = [who for who, seat in seats if (announced_until(seat) or EARLIEST) > now]
    talked = [who for who, seat in seats if seat.has_talked]
    found: dict[str, list[str]] = {}
    if ringing:
        found["ringing"] = ringing
    if facts.talking_since and now - facts.talking_since < ANNOUNCED_FOR:
        found["answered"] = talked
    if facts.ended_at and now - facts.ended_at < ANNOUNCED_FOR:
        is_lost = facts.state is CardState.LOST
        found["missed" if is_lost else "ended"] = [*facts.seats] if is_lost else talked
    return {event: whose for event, whose in found.items() if event not in told}


def is_stale(state: str, updated_at: datetime, now: datetime) -> bool:
    """A call whose end never came."""
    limit = {CardState.RINGING: RINGS_FOR, CardState.TALKING: TALKS_FOR}.get(CardState(state))
    return limit is not None and now - updated_at > limit


def seats_as_json(seats: Mapping[str, Seat]) -> dict[str, dict[str, Any]]:
    """As `Card.employees` keeps them; moments in ISO 8601."""
    return {
        employee: {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(seat).items()
        }
        for employee, seat in seats.items()
    }


def seat_of_json(stored: Mapping[str, Any]) -> Seat:
    rang_at = stored.get("rang_at")
    return Seat(
        state=SeatState(stored["state"]),
        rang_at=datetime.fromisoformat(rang_at) if rang_at else None,
        since=datetime.fromisoformat(stored["since"]),
        name=stored.get("name"),
        has_talked=bool(stored.get("has_talked")),
    )


def _seats(material: Material) -> dict[str, Seat]:
    seats: dict[str, Seat] = {}
    for at, event in material.timed:
        who = employee_of(event, material.around.employee_by_email)
        if who is None:
            continue
        moment = _true_moment(event, at)
        if event.kind == EventKind.WAITING_ANSWER:
            _ring(seats, who, moment)
        elif event.kind == EventKind.TALK_STARTED:
            _talk(seats, who, moment)
        elif event.kind == EventKind.TALK_FINISHED and who in seats:
            seats[who] = replace(seats[who], state=SeatState.ENDED, since=moment, has_talked=True)
        if who in seats and (name := text_of(event.members, "employee_full_name")):
            seats[who] = replace(seats[who], name=name)
    return seats


def _ring(seats: dict[str, Seat], who: str, moment: datetime) -> None:
    before = seats.get(who)
    if before is None:
        seats[who] = Seat(SeatState.RINGING, moment, moment)
    elif before.state not in OPEN_SEATS:
        seats[who] = replace(before, state=SeatState.RINGING, rang_at=moment, since=moment)


def _talk(seats: dict[str, Seat], who: str, moment: datetime) -> None:
    before = seats.get(who)
    if before is None or before.state is not SeatState.TALKING:
        rang_at = before.rang_at if before else None
        name = before.name if before else None
        seats[who] = Seat(SeatState.TALKING, rang_at, moment, name, has_talked=True)
    for other, seat in seats.items():
        if other != who and seat.state is SeatState.RINGING:
            seats[other] = replace(seat, state=SeatState.WITHDRAWN, since=moment)


def _at_the_end(material: Material, seats: dict[str, Seat], *, is_lost: bool) -> dict[str, Seat]:
    moment = _last_moment(material)
    unanswered = SeatState.ENDED if is_lost else SeatState.WITHDRAWN
    becomes = {SeatState.RINGING: unanswered, SeatState.TALKING: SeatState.ENDED}
    return {
        who: replace(seat, state=becomes[seat.state], since=moment)
        if seat.state in becomes
        else seat
        for who, seat in seats.items()
    }


def _state(seats: Mapping[str, Seat], facts: CallFacts, *, is_ended: bool) -> CardState:
    if is_ended:
        return CardState.LOST if _is_lost(facts) else CardState.ENDED
    is_talked = any(seat.has_talked for seat in seats.values())
    return CardState.TALKING if is_talked else CardState.RINGING


def _is_lost(facts: CallFacts) -> bool:
    return facts.outcome is Outcome.LOST


def _first_talk(material: Material) -> datetime | None:
    talks = material.of_kind(EventKind.TALK_STARTED)
    return min((_true_moment(event, at) for at, event in talks), default=None)


def _last_moment(material: Material) -> datetime:
    return max(_true_moment(event, at) for at, event in material.timed)


def _true_moment(event: Event, at: datetime) -> datetime:
    """When it happened: a clock of the PBX that is ahead of ours does not make it younger."""
    received = event.received_at or EARLIEST
    return min(at, received) if received.tzinfo and received > EARLIEST else at
