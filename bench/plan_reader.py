"""What a database says about a statement: does it walk through a whole large table?"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg


@dataclass(frozen=True)
class Table:
    """A table that is large in this measurement."""

    name: str
    rows: int


@dataclass
class Found:
    """`walks`: large tables read from one end to the other; `ordered`: read until a LIMIT is full;
    `steps`: the plan in the database's words."""

    walks: list[str] = field(default_factory=list)
    ordered: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


def read_plan(opened: Any, statement: str, parameters: Any, large: Mapping[str, Table]) -> Found:
    """Explain a statement; nothing is carried out. Statements that cannot be explained (PRAGMA,
    SET, LOCK) have an empty plan."""
    if not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", statement, re.IGNORECASE):
        return Found()
    if isinstance(opened, sqlite3.Connection):
        return _of_sqlite(opened, statement, parameters, large)
    return _of_postgresql(opened, statement, parameters, large)


def _of_sqlite(
    opened: sqlite3.Connection, statement: str, parameters: Any, large: Mapping[str, Table]
) -> Found:
    found = Found()
    aliases = _aliases(statement)
    words = re.sub(r"\s+", " ", statement.upper())
    has_limit, is_sorted = " LIMIT " in words, " ORDER BY " in words
    partial = _partial_indexes(opened)
    for *_, detail in opened.execute(f"EXPLAIN QUERY PLAN {statement}", parameters or ()):
        found.steps.append(detail)
        scan = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", detail)
        if not scan:
            continue
        name, index = aliases.get(scan.group(1), scan.group(1)), scan.group(2)
        if name not in large or index in partial:
            continue
        is_by_row = re.search(rf"ORDER BY {name}\.ID\b", words, re.IGNORECASE)
        stops = has_limit and (index or is_by_row or not is_sorted)
        (found.ordered if stops else found.walks).append(name)
    return found


def _partial_indexes(opened: sqlite3.Connection) -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    return {name for (name,) in opened.execute(query)}


def _aliases(statement: str) -> dict[str, str]:
    named = re.findall(
        r"\b(?:FROM|JOIN|UPDATE|INTO|,)\s+(\w+)\s+(?:AS\s+)?(\w+)", statement, re.IGNORECASE
    )
    return {alias: name for name, alias in named}


def _of_postgresql(
    opened: Any, statement: str, parameters: Any, large: Mapping[str, Table]
) -> Found:
    found = Found()
    partial = {
        name
        for (name,) in opened.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL"
        )
    }
    with psycopg.ClientCursor(opened) as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters or None)
        row = cursor.fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    for node, is_limited in _nodes(plan[0]["Plan"], is_limited=False):
        kind, name = node["Node Type"], node.get("Relation Name")
        index = node.get("Index Name")
        found.steps.append(" ".join(filter(None, (kind, name, index))))
        if name not in large or "Index Cond" in node or index in partial:
            continue
        if kind in ("Seq Scan", "Index Scan", "Index Only Scan"):
            (found.ordered if is_limited else found.walks).append(name)
    return found


def _nodes(node: dict[str, Any], *, is_limited: bool) -> Iterator[tuple[dict[str, Any], bool]]:
    """All nodes, and whether a LIMIT above them stops them early."""
    yield node, is_limited
    kind = node["Node Type"]
    passes_on = kind in ("Nested Loop", "LockRows", "Result", "Subquery Scan", "Append")
    inner = kind == "Limit" or (is_limited and passes_on)
    for each in node.get("Plans", ()):
        yield from _nodes(each, is_limited=inner)
