"""Reads every row of a selection of the PBX, page by page. Source: docs/callgear.md 1.4."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from clients.callgear_rpc import Rpc
from clients.errors import AmbiguousError
from clients.notification_members import read_id
from clients.wire_codec import as_number

READINGS = 2
Row = Mapping[str, Any]


def read_all(
    rpc: Rpc, method: str, params: Mapping[str, Any], *, timeout: float
) -> Collection[Row]:
    """The rows with an id, each once; `params` hold the `limit` of a page, `timeout` is per page.

    Read once more if a row went between two pages, because another one slips past the reader then.
    Raises AmbiguousError if it happens again: what was missed must not look as if it were gone.
    """
    for _ in range(READINGS):
        found = _read(rpc, method, params, timeout)
        if found is not None:
            return found.values()
    raise AmbiguousError("the list changes while it is read", code="unexpected_answer")


def read_page(
    rpc: Rpc, method: str, params: Mapping[str, Any], *, timeout: float
) -> tuple[list[Row], bool]:
    """The first page of a selection, rows with an id, and whether there are more behind it."""
    result = rpc.call(method, {**params, "offset": 0}, timeout=timeout)
    page = _rows(result)
    total = as_number(result["metadata"].get("total_items"))
    is_full = len(page) >= params["limit"] and (total is None or total > len(page))
    return [row for row in page if read_id(row.get("id"))], is_full


def _read(
    rpc: Rpc, method: str, params: Mapping[str, Any], timeout: float
) -> dict[str, Row] | None:
    """All rows by id; None if the rows moved. Each page begins with the last row of the one before:
    the PBX sorts by no id, so that nothing else would show it."""
    found: dict[str, Row] = {}
    offset, last_id = 0, None
    while True:
        result = rpc.call(method, {**params, "offset": offset}, timeout=timeout)
        page = _rows(result)
        if last_id is not None and (not page or read_id(page[0].get("id")) != last_id):
            return None
        for row in page:
            if row_id := read_id(row.get("id")):
                found[row_id] = row
        total = as_number(result["metadata"].get("total_items"))
        if len(page) < params["limit"] or (total is not None and offset + len(page) >= total):
            return found
        offset += len(page) - 1
        last_id = read_id(page[-1].get("id"))


def _rows(result: Mapping[str, Any]) -> list[Row]:
    page = result.get("data")
    if not isinstance(page, list) or not all(isinstance(row, Mapping) for row in page):
        raise AmbiguousError("there is no list in the answer", code="unexpected_answer")
    return page
