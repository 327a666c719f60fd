"""The rooms of this project may only import the rooms below them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "rules": set(),
    "clients": {"rules"},
    "forms": {"rules"},
    "models": {"rules"},
    "services": {"rules", "clients", "models"},
    "jobs": {"services", "models", "clients"},
    "blueprints": {"forms", "services", "models", "rules", "jobs"},
    "simulators": set(),
}
ROOMS = set(MAY_IMPORT) | {"app", "wsgi", "runtime", "tests", "bench", "chaos", "fuzz", "mutation"}
WEB = {"flask", "flask_wtf", "wtforms", "flask_login", "flask_babel"}
STORE = {"sqlalchemy", "flask_sqlalchemy", "redis", "rq"}
FORBIDDEN_PACKAGES = {
    "rules": WEB | STORE | {"requests"},
    "clients": WEB | STORE,
    "forms": STORE | {"requests"},
    "models": WEB | {"redis", "rq", "requests"},
    "services": WEB | {"requests", "rq"},
    "blueprints": {"requests", "redis", "rq"},
    "simulators": WEB | STORE | {"requests"},
}


def imported_roots(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_room_imports_only_what_it_may(room):
    banned = ROOMS - MAY_IMPORT[room] - {room}
    banned |= FORBIDDEN_PACKAGES.get(room, set())
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for name in imported_roots(path)
        if name in banned
    ]

    assert not broken, "\n".join(broken)
