"""The forms of results, where the reference leaves more than one open."""

from __future__ import annotations

from typing import Any

from simulators.callgear.rpc import Asked, Result
from simulators.callgear.selection import Row, Table, select


def page(asked: Asked, rows: list[Row], table: Table) -> Result:
    """The answer of a get method: one page of the rows that fit."""
    data, total = select(rows, asked.params, table)
    return {"data": data, "metadata": {"total_items": total}}


def created(asked: Asked, new_id: int) -> Result:
    """`result.data.id`, or `result.id` of the older pages."""
    if asked.world.config.create_result == "flat":
        return {"id": new_id, "metadata": {}}
    return {"data": {"id": new_id}, "metadata": {}}


def success(asked: Asked) -> Result:
    """Methods of the Call API show the text "true"; a boolean is possible."""
    value: Any = "true" if asked.world.config.success == "text" else True
    return {"data": {"success": value}, "metadata": {}}


def note_written(asked: Asked, method: str, row_id: int) -> None:
    """Remember a write, for `GET /_sim/written`."""
    params = {name: value for name, value in asked.params.items() if name != "access_token"}
    asked.world.written.append(
        {"method": method, "account": asked.account.app_id, "id": row_id, "params": params}
    )
