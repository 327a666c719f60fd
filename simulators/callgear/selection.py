"""Paging, sorting, filtering and choice of fields of the get methods (reference 1.4)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from simulators.callgear.checks import Param, is_date, is_number
from simulators.callgear.errors import RpcError
from simulators.callgear.fields import Field

Row = dict[str, Any]
Table = Mapping[str, Field]
Test = Callable[[Row], bool]

PAGING = (
    Param("limit", "number", lowest=1, highest=10_000),
    Param("offset", "number", lowest=0, highest=100_000),
    Param("sort", "array"),
    Param("fields", "array", item="string"),
    Param("filter", "object"),
)
ORDERED = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
OPERATORS = {
    "number": {"=", "!=", "in", *ORDERED},
    "string": {"=", "!=", "in", "like", "regexp"},
    "enum": {"=", "!=", "in"},
    "boolean": {"=", "!="},
    "iso8601": {"=", "!=", *ORDERED},
    "array": {"=", "!=", "jsquery"},
    "object": {"=", "!=", "jsquery"},
}
JSQUERY = re.compile(r'(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|[\w.]+)')


def select(rows: list[Row], params: Mapping[str, Any], table: Table) -> tuple[list[Row], int]:
    """The rows of one page and the number of all rows that fit."""
    names = chosen_fields(params.get("fields"), table)
    if params.get("filter"):
        fits = compile_filter(params["filter"], table)
        rows = [row for row in rows if fits(row)]
    for order in reversed(params.get("sort") or []):
        rows = _sorted(rows, order, table)
    offset = int(params.get("offset") or 0)
    limit = int(params.get("limit") or 1000)
    page = rows[offset : offset + limit]
    return [{name: row.get(name) for name in names} for row in page], len(rows)


def chosen_fields(names: list[str] | None, table: Table) -> list[str]:
    """The fields asked for, else the default set of the method."""
    if not names:
        return [field.name for field in table.values() if field.in_default]
    for name in names:
        if name not in table:
            raise RpcError("unexpected_parameters", field="fields", value=name)
    return names


def _sorted(rows: list[Row], order: Mapping[str, Any], table: Table) -> list[Row]:
    name = order.get("field")
    if name is None:
        raise RpcError("required_parameter_missed", field="sort.field")
    if name not in table:
        raise RpcError("unexpected_parameters", field="sort", value=name)
    if not table[name].can_sort:
        raise RpcError("sort_prohibited", field=f"sort.{name}")
    direction = order.get("order", "asc")
    if direction not in ("asc", "desc"):
        raise RpcError("invalid_parameter_value", field="sort.order", value=direction)
    backwards = direction == "desc"
    filled = [row for row in rows if row.get(name) is not None]
    empty = [row for row in rows if row.get(name) is None]
    filled.sort(key=lambda row: row[name], reverse=backwards)
    return empty + filled if backwards else filled + empty


def compile_filter(node: Any, table: Table) -> Test:
    """A test for rows, made of a simple filter or a tree of filters."""
    if not isinstance(node, dict):
        raise RpcError("data_type_error", field="filter", value=node)
    if "filters" in node:
        return _tree(node, table)
    for name in ("field", "operator"):
        if name not in node:
            raise RpcError("required_parameter_missed", field=f"filter.{name}")
    for name in node:
        if name not in ("field", "operator", "value"):
            raise RpcError("unexpected_parameters", field=f"filter.{name}")
    return _simple(node["field"], node["operator"], node.get("value"), table)


def _tree(node: Mapping[str, Any], table: Table) -> Test:
    if not isinstance(node["filters"], list) or not node["filters"]:
        raise RpcError("invalid_parameter_value", field="filter.filters")
    condition = node.get("condition", "and")
    if condition not in ("and", "or"):
        raise RpcError("invalid_parameter_value", field="filter.condition", value=condition)
    tests = [compile_filter(one, table) for one in node["filters"]]
    if condition == "and":
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def _simple(name: str, word: str, value: Any, table: Table) -> Test:
    field = table.get(name)
    if field is None:
        raise RpcError("unexpected_parameters", field="filter.field", value=name)
    if not field.can_filter:
        raise RpcError("filter_prohibited", field=f"filter.{name}")
    if word not in OPERATORS[field.kind]:
        raise RpcError("invalid_parameter_value", field="filter.operator", value=word)
    _check_value(field, word, value)
    return _test(name, word, value)


def _check_value(field: Field, word: str, value: Any) -> None:
    if value is None and word in ("=", "!="):
        return
    values = value if word == "in" else [value]
    good = isinstance(values, list) and all(_fits_kind(field, one) for one in values)
    if not good:
        raise RpcError("invalid_parameter_value", field=f"filter.{field.name}", value=value)


def _fits_kind(field: Field, value: Any) -> bool:
    match field.kind:
        case "number":
            return is_number(value)
        case "boolean":
            return isinstance(value, bool)
        case "iso8601":
            return is_date(value)
        case _:
            return isinstance(value, str)


def _test(name: str, word: str, value: Any) -> Test:
    match word:
        case "=":
            return lambda row: row.get(name) == value
        case "!=":
            return lambda row: row.get(name) != value
        case "in":
            return lambda row: row.get(name) in value
        case "jsquery":
            return _jsquery(name, value)
        case "like" | "regexp":
            return _pattern(name, word, value)
        case _:
            compare = ORDERED[word]
            return lambda row: row.get(name) is not None and compare(row[name], value)


def _pattern(name: str, word: str, value: str) -> Test:
    source = value
    if word == "like":
        source = "^" + re.escape(value).replace("%", ".*").replace("_", ".") + "$"
    try:
        pattern = re.compile(source)
    except re.error as error:
        raise RpcError("invalid_parameter_value", field=f"filter.{name}", value=value) from error
    return lambda row: bool(pattern.search(row.get(name) or ""))


def _jsquery(name: str, value: str) -> Test:
    """Only `key = value` terms, joined by and: enough for phone_numbers, employees and tags."""
    terms = JSQUERY.findall(value)
    if not terms:
        raise RpcError("invalid_parameter_value", field=f"filter.{name}", value=value)
    wanted = [(key, text.strip('"')) for key, text in terms]

    def fits(row: Row) -> bool:
        cell = row.get(name) or []
        items = cell if isinstance(cell, list) else [cell]
        return any(
            all(isinstance(item, dict) and _text(item.get(key)) == text for key, text in wanted)
            for item in items
        )

    return fits


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
