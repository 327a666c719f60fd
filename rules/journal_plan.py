"""What becomes of each entity of a call when it is decided anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rules.vocabulary import Entity

MAKE = "make"  # it is wanted and not there
COMPLETE = "complete"  # it is wanted and there: field rows are filled in, nothing is made twice
STAY = "stay"  # it is there and not wanted: nothing is taken away
LEAVE_OUT = "leave_out"  # it never reached the CRM and is not wanted any more


@dataclass(frozen=True)
class Outlook:
    entity: Entity
    what: str


def outlook_of(
    wanted: Collection[Entity], there: Collection[Entity], unsent: Collection[Entity]
) -> tuple[Outlook, ...]:
    """One line for each entity that is concerned, in the order of their making."""
    lines = ((entity, _what(entity, wanted, there, unsent)) for entity in Entity)
    return tuple(Outlook(entity, what) for entity, what in lines if what)


def _what(
    entity: Entity,
    wanted: Collection[Entity],
    there: Collection[Entity],
    unsent: Collection[Entity],
) -> str:
    if entity in there:
        return COMPLETE if entity in wanted else STAY
    if entity in wanted:
        return MAKE
    return LEAVE_OUT if entity in unsent else ""
