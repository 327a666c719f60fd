"""Both decisions of a call at once, by the very rules that the drain follows.

What shows what a call would make, or would have made, asks here and has no rules of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.crm import Client
from rules.decide import HISTORY_ONLY, Decision, decide_contact, decide_task, exemption
from rules.facts import CallFacts
from rules.owner import People
from rules.settings import Settings
from rules.vocabulary import Entity


@dataclass(frozen=True)
class Verdict:
    """Both decisions of a call; None while one cannot be made yet. `decided_at` is the place of
    the point at which the contact was decided; `client` whom the call belongs to from then on."""

    contact: Decision | None
    task: Decision | None
    decided_at: int
    client: Client | None

    @property
    def is_exempt(self) -> bool:
        return self.contact is not None and self.contact.rule == HISTORY_ONLY

    @property
    def actions(self) -> tuple[Entity, ...]:
        """Everything that the call makes, in its order."""
        decided = (each for each in (self.contact, self.task) if each is not None)
        return tuple(action for each in decided for action in each.actions)


def judge(
    points: Sequence[CallFacts],
    client: Client | None,
    settings: Settings,
    people: People,
    country: str,
) -> Verdict:
    """Decide a call whose facts grew from point to point, as the drain does: the contact at the
    first point where its rule can be answered, the task at the end."""
    contact, place = None, 0
    for place, facts in enumerate(points):
        exempt = exemption(facts, settings, country=country)
        if exempt:
            contact = Decision("contact", HISTORY_ONLY, reasons=(exempt.reason,))
            return Verdict(contact, None, place, client)
        contact = decide_contact(facts, client, settings, people)
        if contact is not None:
            break
    if contact is None:
        return Verdict(None, None, place, client)
    if Entity.CLIENT in contact.actions:
        client = Client("", responsible_user_id=contact.owner_user_id)
    return Verdict(contact, decide_task(points[-1], client, settings, people), place, client)
