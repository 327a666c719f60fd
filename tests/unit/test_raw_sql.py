"""A raw condition beside others means the same as alone: what has an OR in it stands in brackets.

`where(text("a OR b"), c)` is `a OR b AND c` to the database.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "services", "jobs", "blueprints", "runtime")
# The whole condition of an index, beside nothing.
OF_AN_INDEX = {"postgresql_where", "sqlite_where"}
WHOLE_STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|SET)\b")


def is_loose(condition: str) -> bool:
    """Whether an OR stands outside all brackets."""
    depth = 0
    for word in re.findall(r"[()]|'[^']*'|\w+", condition):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0 and word.upper() == "OR":
            return True
    return False


def conditions(source: str, known: dict[str, object]) -> Iterator[str]:
    """What `text()` makes of literals and of names of the module, but for indexes."""
    tree = ast.parse(source)
    left_out = {
        id(keyword.value)
        for keyword in ast.walk(tree)
        if isinstance(keyword, ast.keyword) and keyword.arg in OF_AN_INDEX
    }
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        match node:
            case ast.Call(func=ast.Name(id="text"), args=[argument, *_]):
                yield said(argument, known)


def said(node: ast.expr, known: dict[str, object]) -> str:
    match node:
        case ast.Constant():
            return str(node.value)
        case ast.Name():
            return str(known.get(node.id, "unknown"))
        case ast.JoinedStr():
            return "".join(said(part, known) for part in node.values)
        case ast.FormattedValue():
            return said(node.value, known)
        case ast.BinOp():
            return said(node.left, known) + said(node.right, known)
    return "unknown"


def loose(source: str, known: dict[str, object]) -> list[str]:
    found = [each for each in conditions(source, known) if not WHOLE_STATEMENT.match(each)]
    return [each for each in found if is_loose(each)]


@pytest.mark.parametrize("room", ROOMS)
def test_raw_condition_with_or_stands_in_brackets(room):
    found = {}
    for path in (ROOT / room).rglob("*.py"):
        source = path.read_text()
        if "text(" in source:
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            known = vars(importlib.import_module(module.removesuffix(".__init__")))
            found[module] = loose(source, known)

    assert {module: each for module, each in found.items() if each} == {}


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ('where(text("a = 1 OR b = 2"), c)', True),
        ('where(text("a = 1 or b = 2"))', True),
        ('where(text(f"{EITHER}"), c)', True),
        ("where(text(EITHER), c)", True),
        ('where(text("t." + EITHER))', True),
        ('where(text("(a = 1) OR (b = 2)"))', True),
        ('where(text(f"({EITHER})"), c)', False),
        ("where(text(\"a = ' OR '\"))", False),
        ('where(text("a IN (SELECT 1 OR 2)"))', False),
        ("Index(x, sqlite_where=text(EITHER))", False),
        ('execute(text(f"SELECT 1 WHERE {EITHER}"))', False),
    ],
)
def test_loose_condition_is_found(source, is_found):
    assert bool(loose(source, {"EITHER": "a = 1 OR b = 2"})) is is_found
