"""The Behomes CRM: our words in, our values out, our errors raised.

What the CRM is assumed to understand stands in `clients/behomes.toml`; the facts behind it and
what to do when one is wrong, in `docs/behomes.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from clients.http import Http
from clients.wire import Wire
from rules.crm import Client, Created, CrmAccount, CrmRecord, CrmUser, CustomField, Pipeline
from rules.vocabulary import Entity

# operation, method, path (no key, query values masked), status or None, milliseconds, error code
Observer = Callable[[str, str, str, int | None, float, str | None], None]

LIST_SECONDS = 30.0
WRITE_SECONDS = 20.0


class Expectation(NamedTuple):
    """What the probe found out about one expectation of `docs/behomes.md`."""

    expectation: str
    holds: bool
    detail: str


class BehomesClient:
    """Talks to the Behomes CRM; cheap to make, safe to share between threads.

    Bodies are plain JSON values with the keys of `docs/behomes.md` ("The words of a body"), times
    as ISO 8601 text with an offset; only members that are present are sent, so None is sent as
    null. Every method raises the errors of `clients/errors.py`; nothing but a page of a list is
    ever sent twice. `timeout` is a deadline in seconds.
    """

    def __init__(
        self,
        wire: Wire,
        http: Http,
        base_url: str,
        api_key: str,
        *,
        on_request: Observer | None = None,
    ) -> None:
        raise NotImplementedError

    def observed(self, on_request: Observer) -> BehomesClient:
        """The same client, reporting each request to `on_request`."""
        raise NotImplementedError

    def supports(self, capability: str) -> bool:
        """Whether the data file says the CRM can do it; names: [capabilities] of behomes.toml."""
        raise NotImplementedError

    def account(self, *, timeout: float = WRITE_SECONDS) -> CrmAccount:
        """Whose key this is. A 403 here is a KeyRefusedError, as a 401 everywhere."""
        raise NotImplementedError

    def users(self, *, timeout: float = LIST_SECONDS) -> Iterator[CrmUser]:
        """All CRM users, page by page; `timeout` is per page. A failing page raises."""
        raise NotImplementedError

    def pipelines(self, *, timeout: float = LIST_SECONDS) -> tuple[Pipeline, ...]:
        """All pipelines with their stages, both in the CRM's order."""
        raise NotImplementedError

    def custom_fields(
        self, entity: Entity | str, *, timeout: float = LIST_SECONDS
    ) -> tuple[CustomField, ...]:
        """The custom fields of clients, leads or deals."""
        raise NotImplementedError

    def find_clients(
        self, phones: Sequence[str], *, timeout: float = WRITE_SECONDS
    ) -> tuple[Client, ...]:
        """Clients with any of these numbers, as the CRM matches them: check every hit again."""
        raise NotImplementedError

    def clients_updated_since(
        self, since: datetime | None, *, timeout: float = LIST_SECONDS
    ) -> Iterator[Client]:
        """Clients changed since then (all with None), page by page. A failing page raises."""
        raise NotImplementedError

    def get_client(self, client_id: str, *, timeout: float = WRITE_SECONDS) -> Client:
        """One client. Raises NotFoundError if it is gone."""
        raise NotImplementedError

    def find_by_reference(
        self, entity: Entity | str, reference: str, *, timeout: float = WRITE_SECONDS
    ) -> tuple[CrmRecord, ...]:
        """The things that carry our reference; hits with another reference are left out.

        Raises AmbiguousError when the CRM ignores the filter and has too much to look through:
        an empty answer really means that the CRM's search shows none.
        """
        raise NotImplementedError

    def create(
        self,
        entity: Entity | str,
        body: Mapping[str, Any],
        *,
        reference: str,
        timeout: float = WRITE_SECONDS,
    ) -> Created:
        """Create a client, lead, deal or task under our reference; `created` False = was there.

        Raises AmbiguousError if the CRM may have done it without telling us its id
        (code `unreadable`: it answered 2xx), AlreadyThereError on a 409 that names no id.
        """
        raise NotImplementedError

    def update(
        self,
        entity: Entity | str,
        record_id: str,
        changes: Mapping[str, Any],
        *,
        timeout: float = WRITE_SECONDS,
    ) -> None:
        """Change the members given, leave the others. May be sent again. NotFoundError if gone."""
        raise NotImplementedError

    def put_call(
        self, reference: str, body: Mapping[str, Any], *, timeout: float = WRITE_SECONDS
    ) -> None:
        """Write the whole history entry of a call; an older `revision` never wins."""
        raise NotImplementedError

    def patch_call(
        self, reference: str, changes: Mapping[str, Any], *, timeout: float = WRITE_SECONDS
    ) -> None:
        """Change members of a history entry: recordings, tags, outcome that came late."""
        raise NotImplementedError

    def send_call_event(self, body: Mapping[str, Any], *, timeout: float) -> None:
        """Tell the CRM's pop-up what happens with a call. Never worth keeping for later."""
        raise NotImplementedError

    def probe(self, phone: str) -> list[Expectation]:
        """Try, read-only, which expectations of `docs/behomes.md` hold with this key."""
        raise NotImplementedError
