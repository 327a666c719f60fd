"""The audit of the CRM: what may be concluded from what it shows under our reference."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from rules.vocabulary import Entity

# What the CRM can be asked for by our reference (docs/behomes.md 2). Entries of the history
# cannot be read; but a PUT by its own address never doubles.
AUDITED = tuple(Entity)


class Found(StrEnum):
    """What became of one write."""

    PRESENT = "present"
    GONE = "gone"  # deleted in the CRM, by what it tells
    LOST = "lost"  # not there, and nothing tells why
    DOUBLED = "doubled"


class Card(StrEnum):
    """What the client's card says, where the search by reference shows nothing."""

    NAMES_IT = "names_it"  # it is the thing, or it is among the client's open leads and deals
    SILENT = "silent"  # it is there and does not name it: it may be closed, or not there
    DELETED = "deleted"  # the CRM says that this client was deleted
    UNKNOWN = "unknown"  # there is no such client, and the CRM does not say whether there was


@dataclass(frozen=True)
class Verdict:
    """`ids` are those that the CRM shows under our reference."""

    found: Found
    ids: tuple[str, ...] = ()


def judge_found(ids: Collection[str]) -> Verdict | None:
    """By the search alone; None when it shows nothing, so that more must be asked."""
    distinct = tuple(sorted(set(ids), key=lambda each: (len(each), each)))
    if len(distinct) > 1:
        return Verdict(Found.DOUBLED, distinct)
    return Verdict(Found.PRESENT, distinct) if distinct else None


def judge_missing(card: Card) -> Verdict:
    """By the client's card. A plain "not found" does not tell a deletion from a loss: an alarm."""
    match card:
        case Card.NAMES_IT:
            return Verdict(Found.PRESENT)
        case Card.DELETED:
            return Verdict(Found.GONE)
        case Card.SILENT | Card.UNKNOWN:
            return Verdict(Found.LOST)
