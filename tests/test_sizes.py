"""A file is read in one go, a function at one glance."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

ROOMS = [
    "rules",
    "clients",
    "models",
    "services",
    "jobs",
    "forms",
    "blueprints",
    "runtime",
    "simulators",
    "bench",
    "chaos",
    "fuzz",
    "mutation",
]
LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 40
# Tests of one thing with many cases, beyond the measure. None joins it; what grows is split.
LONG_TESTS = {"tests/unit/services/test_carry_out.py": 520}


def files(room):
    return [ROOT / "app.py", ROOT / "wsgi.py", *sorted((ROOT / room).rglob("*.py"))]


def name(path):
    return path.relative_to(ROOT).as_posix()


def lines(path):
    return len(path.read_text().splitlines())


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_is_too_long(room):
    assert {name(each): lines(each) for each in files(room) if lines(each) > LINES_OF_A_FILE} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_no_function_is_too_long(room):
    long = {
        f"{name(path)} {node.name}": node.end_lineno - node.lineno + 1
        for path in files(room)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > LINES_OF_A_FUNCTION
    }

    assert long == {}


def test_no_file_of_tests_is_too_long():
    counted = {name(each): lines(each) for each in (ROOT / "tests").rglob("*.py")}
    most = dict.fromkeys(counted, LINES_OF_A_FILE) | LONG_TESTS

    assert {each: count for each, count in counted.items() if count > most[each]} == {}
