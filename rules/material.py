"""What the facts of a call are folded from: its events in their order, and what is around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from rules.events import Event, Member
from rules.pbx import CallRow
from rules.times import EARLIEST, read_time
from rules.vocabulary import USED_EVENTS

NO_REPORT = CallRow("")
Timed = Sequence[tuple[datetime, Event]]


@dataclass(frozen=True)
class Surroundings:
    """What folding needs beside the events: all of it given, nothing looked up.

    `zone`: in which the PBX writes times. `country`: for numbers without one. `own_numbers`:
    phones of our employees and virtual numbers in one spelling (`Phone.value`), and extensions and
    SIP numbers as they are. `employee_by_email`: lower-case e-mail -> employee id. `report`: the
    call's row of the calls report, None until it was looked for; `CallRow("")` when there is none
    or nothing to read it with. `clicked_by`: the employee of our own click-to-call. `is_closed`:
    the 4-hour rule ended it.
    """

    zone: tzinfo
    country: str
    own_numbers: frozenset[str] = frozenset()
    employee_by_email: Mapping[str, str] = field(default_factory=dict)
    report: CallRow | None = None
    clicked_by: str | None = None
    is_closed: bool = False


@dataclass(frozen=True)
class Material:
    """`timed` are the used events, each once, in the order of their moments; `members` the latest
    value of each member; `moments` those that are known."""

    timed: Timed
    members: Mapping[str, Member]
    around: Surroundings
    report: CallRow

    @property
    def moments(self) -> list[datetime]:
        return [at for at, _ in self.timed if at > EARLIEST]

    def of_kind(self, *kinds: str) -> Timed:
        return [(at, event) for at, event in self.timed if event.kind in kinds]


def gather(events: Iterable[Event], around: Surroundings) -> Material:
    """Bring the events of one call into the one order that does not depend on their arrival."""
    unique: dict[str, Event] = {}
    for event in events:
        known = unique.get(event.key)
        if event.kind in USED_EVENTS and (known is None or _arrival(event) < _arrival(known)):
            unique[event.key] = event
    timed = [(moment_of(event, around.zone), event) for event in unique.values()]
    timed.sort(key=lambda item: (item[0], item[1].key))
    members: dict[str, Member] = {}
    for _, event in timed:
        members.update(event.members)
    return Material(timed, members, around, around.report or NO_REPORT)


def moment_of(event: Event, zone: tzinfo) -> datetime:
    """When an event happened: as it says, else when it was received."""
    told = read_time(event.members.get("notification_time"), zone)
    told = told or read_time(event.members.get("notification_timestamp"), zone)
    return told or _received(event)


def _received(event: Event) -> datetime:
    received = event.received_at or EARLIEST
    return received if received.tzinfo else received.replace(tzinfo=UTC)


def _arrival(event: Event) -> tuple[datetime, int]:
    return (_received(event), event.row_id)
