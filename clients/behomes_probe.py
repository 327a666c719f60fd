"""Tries, read-only, which expectations of `docs/behomes.md` hold with a real key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from clients.errors import ClientError, UnsupportedError
from rules.crm import Client
from rules.vocabulary import Entity

if TYPE_CHECKING:
    from clients.behomes import BehomesClient

USERS_SEEN = 500
TAIL = 9  # the CRM may match equal digits or the last nine
NO_REFERENCE = "cg-probe-nothing-has-this"


class Expectation(NamedTuple):
    """What the probe found out about one expectation of `docs/behomes.md`."""

    expectation: str
    holds: bool
    detail: str


def probe(client: BehomesClient, phone: str) -> list[Expectation]:
    """Ask for everything that can be read, once each; later questions need an accepted key."""
    found = [_try("key_accepted", partial(_account, client))]
    if not found[0].holds:
        return found
    found.append(_try("users_listed", partial(_users, client)))
    found.append(_try("pipelines_listed", partial(_pipelines, client)))
    for entity in (Entity.CLIENT, Entity.LEAD, Entity.DEAL):
        found.append(_try(f"custom_fields_of_{entity}s", partial(_fields, client, entity)))
    hits: list[Client] = []
    found.append(_try("search_by_phone", partial(_search, client, phone, hits)))
    if hits:
        found.append(_filter_kept(phone, hits))
        found.append(_times_read(hits))
    for entity in Entity:
        found.append(_try(f"search_of_{entity}_by_reference", partial(_find, client, entity)))
    return found


def _try(name: str, ask: Callable[[], str]) -> Expectation:
    try:
        return Expectation(name, True, ask())
    except UnsupportedError:
        return Expectation(name, False, "switched off in the data file")
    except ClientError as error:
        status = f" (HTTP {error.status})" if error.status else ""
        return Expectation(name, False, f"{error}{status}")


def _account(client: BehomesClient) -> str:
    account = client.account()
    return f"account {account.account_id}, zone {account.timezone or 'not told'}"


def _users(client: BehomesClient) -> str:
    users = list(islice(client.users(), USERS_SEEN))
    with_email = sum(1 for user in users if user.email)
    return f"{len(users)} users, {with_email} with an e-mail"


def _pipelines(client: BehomesClient) -> str:
    pipelines = client.pipelines()
    return f"{len(pipelines)} pipelines, {sum(len(one.stages) for one in pipelines)} stages"


def _fields(client: BehomesClient, entity: Entity) -> str:
    return f"{len(client.custom_fields(entity))} fields"


def _search(client: BehomesClient, phone: str, hits: list[Client]) -> str:
    hits += client.find_clients([phone])
    return f"{len(hits)} clients"


def _find(client: BehomesClient, entity: Entity) -> str:
    found = client.find_by_reference(entity, NO_REFERENCE)
    return f"{len(found)} found for a reference that nobody has"


def _filter_kept(phone: str, hits: list[Client]) -> Expectation:
    strangers = sum(1 for hit in hits if not _has_number(hit, phone))
    detail = f"{strangers} of {len(hits)} clients have another number"
    return Expectation("phone_filter_kept", strangers == 0, detail)


def _has_number(client: Client, phone: str) -> bool:
    tail = _digits(phone)[-TAIL:]
    return any(_digits(one)[-TAIL:] == tail for one in client.phones)


def _digits(phone: str) -> str:
    return "".join(sign for sign in phone if sign.isdigit())


def _times_read(hits: list[Client]) -> Expectation:
    years = sorted({hit.created_at.year for hit in hits if hit.created_at})
    holds = bool(years) and years[0] >= 2000 and years[-1] < 2100
    return Expectation("times_as_agreed", holds, f"clients made in {years or 'no year told'}")
