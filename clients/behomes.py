"""The Behomes CRM: our words in, our values out, our errors raised.

What the CRM is assumed to understand stands in `clients/behomes.toml`; the facts behind it and
what to do when one is wrong, in `docs/behomes.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime
from functools import partial
from typing import Any

from clients import behomes_values as values
from clients.behomes_pages import read_list, read_once, read_page, read_pages
from clients.behomes_probe import Expectation, probe
from clients.behomes_requests import Observer, Requests
from clients.errors import AmbiguousError, UnsupportedError
from clients.http import Http, OnReply
from clients.wire import Wire
from clients.wire_codec import as_flag, as_text, look_up
from rules.crm import Client, Created, CrmAccount, CrmRecord, CrmUser, CustomField, Pipeline
from rules.vocabulary import Entity

__all__ = ["BehomesClient", "Expectation", "Observer"]

LIST_SECONDS = 30.0
WRITE_SECONDS = 20.0
MAX_SEARCH_PAGES = 20
ENTITY_CAPABILITY = {"lead": "leads", "deal": "deals", "task": "tasks"}


class BehomesClient:
    """Talks to the Behomes CRM; cheap to make, safe to share between threads.

    Bodies are plain JSON values with the keys of `docs/behomes.md` 3, times as ISO 8601 text with
    an offset; only members that are present are sent, so None is sent as null. Every method raises
    the errors of `clients/errors.py`; nothing but a page of a list is ever sent twice. `timeout` is
    a deadline in seconds. Facts and assumptions: `docs/behomes.md` 1 and 2.
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
        self._wire = wire
        self._requests = Requests(wire, http, base_url, api_key, on_request)

    def observed(self, on_request: Observer) -> BehomesClient:
        """The same client, reporting each request to `on_request`."""
        made = copy(self)
        made._requests = self._requests.observed(on_request)
        return made

    def heard(self, on_reply: OnReply) -> BehomesClient:
        """The same client, showing each answer that came to `on_reply`."""
        made = copy(self)
        made._requests = self._requests.heard(on_reply)
        return made

    def supports(self, capability: str) -> bool:
        """Whether the data file says the CRM can do it; names: [capabilities] of behomes.toml."""
        return capability in self._wire.capabilities

    def account(self, *, timeout: float = WRITE_SECONDS) -> CrmAccount:
        """Whose key this is. A 403 here is a KeyRefusedError, as a 401 everywhere."""
        row = self._wire.codec.decode("account", self._item("account", timeout=timeout))
        if not row.get("account_id"):
            raise AmbiguousError("the account has no id", code="unexpected_answer")
        return values.account(row)

    def users(self, *, timeout: float = LIST_SECONDS) -> Iterator[CrmUser]:
        """All CRM users, page by page; `timeout` is per page. A failing page raises."""
        for rows in read_pages(self._requests, "users", [], timeout):
            yield from self._rows("user", rows, values.user)

    def pipelines(self, *, timeout: float = LIST_SECONDS) -> tuple[Pipeline, ...]:
        """All pipelines with their stages, both in the CRM's order."""
        self._need("pipelines")
        rows = read_once(self._requests, "pipelines", [], timeout)
        decoded = self._rows("pipeline", rows, dict)
        return tuple(values.pipeline(row) for row in values.in_order(decoded))

    def custom_fields(
        self, entity: Entity | str, *, timeout: float = LIST_SECONDS
    ) -> tuple[CustomField, ...]:
        """The custom fields of clients, leads or deals."""
        self._need("custom_fields")
        word = str(self._wire.codec.word("entity", str(entity)))
        rows = read_once(self._requests, "custom_fields", [("entity", word)], timeout)
        make = partial(values.custom_field, entity=str(entity))
        return tuple(self._rows("custom_field", rows, make))

    def find_clients(
        self, phones: Sequence[str], *, timeout: float = WRITE_SECONDS
    ) -> tuple[Client, ...]:
        """Clients with any of these numbers, as the CRM matches them: check every hit again."""
        self._need("search_by_phone")
        query = [("phone", phone) for phone in phones]
        data = self._requests.send("find_clients", query=query, timeout=timeout)
        rows = read_list(data, self._wire.envelope.list)
        return tuple(self._rows("client", rows, values.client))

    def clients_page(
        self,
        since: datetime | None,
        position: Mapping[str, Any] | None,
        *,
        timeout: float = LIST_SECONDS,
    ) -> tuple[tuple[Client, ...], dict[str, Any] | None]:
        """One page of the clients changed since then (of all with None), and the position of the
        next (plain JSON, to be kept as long as it takes); None after the last. The first page is
        that of position None."""
        self._need("list_clients")
        codec = self._wire.codec
        query = [("updated_since", str(codec.time(since.isoformat())))] if since else []
        page = read_page(self._requests, "list_clients", query, timeout, position)
        return tuple(self._rows("client", page.rows, values.client)), page.following

    def get_client(self, client_id: str, *, timeout: float = WRITE_SECONDS) -> Client:
        """One client. Raises NotFoundError if it is gone."""
        item = self._item("get_client", item=client_id, timeout=timeout)
        found: list[Client] = self._rows("client", [item], values.client)
        if not found:
            raise AmbiguousError("the client has no id", code="unexpected_answer")
        return found[0]

    def find_by_reference(
        self, entity: Entity | str, reference: str, *, timeout: float = WRITE_SECONDS
    ) -> tuple[CrmRecord, ...]:
        """The things that carry our reference; hits with another reference are left out.

        Raises AmbiguousError when the CRM ignores the filter and has too much to look through:
        an empty answer really means that the CRM's search shows none.
        """
        self._need("search_by_reference", ENTITY_CAPABILITY.get(str(entity)))
        name, query = f"find_{entity}", [("reference", reference)]
        data = self._requests.send(name, query=query, timeout=timeout)
        rows = read_list(data, self._wire.envelope.list)
        found = self._rows(str(entity), rows, values.record)
        if not self.supports("reference_in_answers"):
            return tuple(found)
        ours = [one for one in found if one.external_id == reference]
        if len(ours) == len(found) == len(rows):
            return tuple(ours)
        return self._search_through(entity, reference, timeout)

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
        (code `unreadable`: it answered 2xx), AlreadyThereError on a 409: find it.
        """
        self._need(ENTITY_CAPABILITY.get(str(entity)))
        encoded = self._wire.codec.encode(str(entity), {**body, "external_id": reference})
        data = self._requests.send(f"create_{entity}", body=encoded, timeout=timeout)
        return self._created(data)

    def update(
        self,
        entity: Entity | str,
        record_id: str,
        changes: Mapping[str, Any],
        *,
        timeout: float = WRITE_SECONDS,
    ) -> None:
        """Change the members given, leave the others. May be sent again. NotFoundError if gone."""
        self._need(ENTITY_CAPABILITY.get(str(entity)))
        encoded = self._wire.codec.encode(str(entity), changes)
        self._requests.send(f"update_{entity}", item=record_id, body=encoded, timeout=timeout)

    def put_call(
        self, reference: str, body: Mapping[str, Any], *, timeout: float = WRITE_SECONDS
    ) -> None:
        """Write the whole history entry of a call; an older `revision` never wins."""
        self._need("calls")
        encoded = self._wire.codec.encode("call", {**body, "external_id": reference})
        self._requests.send("put_call", item=reference, body=encoded, timeout=timeout)

    def patch_call(
        self, reference: str, changes: Mapping[str, Any], *, timeout: float = WRITE_SECONDS
    ) -> None:
        """Change members of a history entry: recordings, tags, outcome that came late."""
        self._need("calls", "patch_call")
        encoded = self._wire.codec.encode("call", changes)
        self._requests.send("patch_call", item=reference, body=encoded, timeout=timeout)

    def send_call_event(self, body: Mapping[str, Any], *, timeout: float) -> None:
        """Tell the CRM's pop-up what happens with a call. Never worth keeping for later."""
        self._need("call_events")
        encoded = self._wire.codec.encode("call_event", body)
        self._requests.send("call_event", body=encoded, timeout=timeout)

    def probe(self, phone: str) -> list[Expectation]:
        """Try, read-only, which expectations of `docs/behomes.md` hold with this key."""
        return probe(self, phone)

    def _need(self, *capabilities: str | None) -> None:
        for capability in capabilities:
            if capability and not self.supports(capability):
                raise UnsupportedError(capability)

    def _item(self, name: str, *, timeout: float, item: str = "") -> Any:
        data = self._requests.send(name, item=item, timeout=timeout)
        return look_up(data, self._wire.envelope.item)

    def _rows(self, name: str, rows: Sequence[Any], make: Any) -> list[Any]:
        return values.read_rows(self._wire.codec, name, rows, make)

    def _created(self, data: Any) -> Created:
        envelope = self._wire.envelope
        item = look_up(data, envelope.item)
        created_id = as_text(look_up(item, envelope.created_id))
        if created_id is None:
            raise AmbiguousError("no id in the answer", code="unreadable", status=200)
        return Created(
            created_id, created=as_flag(look_up(item, envelope.created_flag)) is not False
        )

    def _search_through(
        self, entity: Entity | str, reference: str, timeout: float
    ) -> tuple[CrmRecord, ...]:
        """The filter is ignored or loose: read on for a while, then give up rather than guess."""
        found: list[CrmRecord] = []
        pages = read_pages(self._requests, f"find_{entity}", [("reference", reference)], timeout)
        for number, rows in enumerate(pages, start=1):
            if number > MAX_SEARCH_PAGES:
                raise AmbiguousError("the search ignores our reference", code="unexpected_answer")
            records = self._rows(str(entity), rows, values.record)
            found += [one for one in records if one.external_id == reference]
        return tuple(found)
