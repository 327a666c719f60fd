"""What a list of the CRM's clients means for the index of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rules.crm import Client
from rules.match import choose_client
from rules.phones import Phone, normalise


def numbers_of(client: Client, country: str) -> tuple[Phone, ...]:
    """A client's numbers, each once, in our one spelling; what is no number is left out."""
    known = (normalise(phone, country=country) for phone in client.phones)
    return tuple(dict.fromkeys(phone for phone in known if phone))


def clients_by_number(
    listed: Iterable[Client], held: Mapping[str, Client], country: str
) -> dict[str, Client]:
    """Whose each number of the listed clients is. Of several who have a number, among them who has
    it by the index so far (`held`), the one is taken whom a look-up would take, too."""
    owners: dict[Phone, list[Client]] = {}
    for client in listed:
        for phone in numbers_of(client, country):
            owners.setdefault(phone, []).append(client)
    found: dict[str, Client] = {}
    for phone, candidates in owners.items():
        before = held.get(phone.value)
        ids = {client.id for client in candidates}
        others: Sequence[Client] = (before,) if before and before.id not in ids else ()
        chosen = choose_client([*candidates, *others], phone, country=country).client
        found[phone.value] = chosen or candidates[0]
    return found
