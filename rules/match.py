"""Which client of the CRM a call belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rules.crm import Client
from rules.phones import Phone, same
from rules.reasons import Code, Reason, because

FAR_FUTURE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Match:
    """The client of a phone, None if the CRM has none; and why this one."""

    client: Client | None
    reasons: tuple[Reason, ...]


def choose_client(hits: Sequence[Client], phone: Phone, *, country: str) -> Match:
    """Choose among what the CRM's search gave.

    Every hit is checked again by our own normaliser, so that a loose search never attaches a
    stranger. Of several the one with an open deal or lead wins, if exactly one has; else the
    oldest.
    """
    unique = {hit.id: hit for hit in hits}.values()
    ours = [hit for hit in unique if any(same(phone, each, country) for each in hit.phones)]
    rejected = len(unique) - len(ours)
    reasons = (because(Code.HITS_REJECTED, count=rejected),) if rejected else ()
    if not ours:
        return Match(None, (*reasons, because(Code.CLIENT_NOT_FOUND)))
    if len(ours) == 1:
        return Match(ours[0], (*reasons, because(Code.CLIENT_FOUND, client_id=ours[0].id)))
    busy = [hit for hit in ours if hit.open_deals or hit.open_leads]
    chosen = busy[0] if len(busy) == 1 else min(ours, key=_age)
    code = Code.CLIENT_CHOSEN_OPEN_ITEM if len(busy) == 1 else Code.CLIENT_CHOSEN_OLDEST
    others = sorted(hit.id for hit in ours if hit is not chosen)
    return Match(chosen, (*reasons, because(code, client_id=chosen.id, others=others)))


def _age(client: Client) -> tuple[datetime, int, str]:
    # Ids of one length order like numbers: the smaller was given first.
    return (client.created_at or FAR_FUTURE, len(client.id), client.id)
