"""Reads lists of the CRM page by page, whatever its paging; stops by itself or raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clients.behomes_requests import Requests
from clients.errors import AmbiguousError, NotExecutedError, RateLimitedError
from clients.wire_codec import as_number, as_text, look_up

ATTEMPTS = 2  # a page is an idempotent read
MAX_PAGES = 10_000


def read_list(data: Any, steps: tuple[str, ...]) -> list[Any]:
    """The rows of a list. Raises AmbiguousError if there is no list: never taken for empty."""
    rows = look_up(data, steps)
    if not isinstance(rows, list):
        raise AmbiguousError("there is no list in the answer", code="unexpected_answer")
    return rows


def read_once(
    requests: Requests, name: str, query: list[tuple[str, str]], timeout: float
) -> list[Any]:
    """The rows of a list that has no pages; tried twice."""
    return read_list(_fetch(requests, name, query, timeout), requests.wire.envelope.list)


def read_pages(
    requests: Requests, name: str, query: list[tuple[str, str]], timeout: float
) -> Iterator[list[Any]]:
    """The rows, a page at a time. A page that cannot be read raises: the list is not complete."""
    steps = requests.wire.envelope.list
    position = _first(requests)
    previous: list[Any] = []
    for number in range(1, MAX_PAGES + 1):
        data = _fetch(requests, name, query + position, timeout)
        rows = read_list(data, steps)
        if not rows:
            return
        if rows == previous:
            raise AmbiguousError("the same page comes again", code="unexpected_answer")
        yield rows
        previous = rows
        following = _next(requests, data, position, number, len(rows))
        if following is None:
            return
        position = following
    raise AmbiguousError("the list has no end", code="unexpected_answer")


@dataclass(frozen=True)
class Page:
    """One page; `following` is where the next begins, None after the last. Plain JSON."""

    rows: list[Any]
    following: dict[str, Any] | None


def read_page(
    requests: Requests,
    name: str,
    query: list[tuple[str, str]],
    timeout: float,
    position: Mapping[str, Any] | None,
) -> Page:
    """One page of a list, the first without a `position` (a `following` of the page before)."""
    number = int(position["number"]) if position else 1
    if number > MAX_PAGES:
        raise AmbiguousError("the list has no end", code="unexpected_answer")
    at = [(str(n), str(v)) for n, v in position["at"]] if position else _first(requests)
    data = _fetch(requests, name, query + at, timeout)
    rows = read_list(data, requests.wire.envelope.list)
    following = _next(requests, data, at, number, len(rows)) if rows else None
    if following is None:
        return Page(rows, None)
    return Page(rows, {"number": number + 1, "at": [list(pair) for pair in following]})


def _first(requests: Requests) -> list[tuple[str, str]]:
    paging = requests.wire.paging
    size = (paging.size, str(paging.objects_per_page))
    match paging.style:
        case "page":
            return [(paging.page, str(paging.first_page)), size]
        case "offset":
            return [(paging.offset, "0"), size]
        case _:
            return [size]


def _next(
    requests: Requests,
    data: Any,
    position: list[tuple[str, str]],
    number: int,
    count: int,
) -> list[tuple[str, str]] | None:
    """Where the next page begins; None after the last. What the answer tells may change."""
    paging = requests.wire.paging
    size = position[-1]
    if paging.style == "cursor":
        cursor = as_text(look_up(data, paging.next_cursor))
        return [(paging.cursor, cursor), size] if cursor else None
    pages = as_number(look_up(data, paging.max_pages))
    if pages is not None and number >= pages:
        return None
    name, at = position[0]
    return [(name, str(int(at) + (1 if paging.style == "page" else count))), size]


def _fetch(requests: Requests, name: str, query: list[tuple[str, str]], timeout: float) -> Any:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return requests.send(name, query=query, timeout=timeout)
        except RateLimitedError:
            raise
        except (AmbiguousError, NotExecutedError):
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")
