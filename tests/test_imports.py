"""The rooms of this project may only import the rooms below them, and importing does nothing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rooms import MAY_IMPORT

ROOT = Path(__file__).parent.parent

# Single files: everything comes together in the one, the other only starts it.
ALONE = {"app": {"blueprints", "runtime", "services", "models"}, "wsgi": {"app"}}
ROOMS = set(MAY_IMPORT) | set(ALONE) | {"tests"}
# What judges the product shares nothing with it, not even a name.
JUDGES = ["office", "oracle", "plan", "verdict"]
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

# Prints what an import does beside reading code. (urllib3 opens a socket to learn of IPv6.)
IMPORT_ALL = """
import importlib, os, sys, threading

def watch(event, details):
    if event == "open":
        path, mode = os.path.abspath(str(details[0])), str(details[1])
        code = path.endswith((".py", ".pyc")) or "site-packages" in path
        if set(mode) & set("wax+") or (path.startswith(os.getcwd() + os.sep) and not code):
            print(name, event, path, mode)
    elif event.startswith(("subprocess.", "sqlite3.", "shutil.", "tempfile.", "socket.get")):
        print(name, event, details)
    elif event in {"socket.connect", "os.system", "os.fork", "os.mkdir", "os.remove", "os.rename"}:
        print(name, event, details)

sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
if threading.active_count() > 1:
    print(threading.enumerate())
"""


def imported_roots(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def broken(paths: list[Path], banned: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for name in imported_roots(path)
        if name in banned
    ]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_room_imports_only_what_it_may(room):
    banned = ROOMS - MAY_IMPORT[room] - {room} | FORBIDDEN_PACKAGES.get(room, set())

    found = broken(sorted((ROOT / room).rglob("*.py")), banned)

    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", sorted(ALONE))
def test_file_of_its_own_imports_only_what_it_may(name):
    assert not broken([ROOT / f"{name}.py"], ROOMS - ALONE[name])


@pytest.mark.parametrize("name", JUDGES)
def test_judge_of_the_campaign_knows_nothing_of_the_product(name):
    assert not broken([ROOT / "chaos" / f"{name}.py"], ROOMS - {"chaos"})


def test_no_test_imports_from_another():
    """What several need is a module of its own."""
    told = re.compile(r"^\s*from tests\.(?:\w+\.)*test_\w+ import", re.MULTILINE)

    assert [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if told.search(path.read_text())
    ] == []


def test_each_folder_with_code_is_a_room():
    folders = {path.parent.name for path in ROOT.glob("*/*.py")}

    assert folders <= ROOMS


def test_importing_does_nothing():
    rooms = sorted(set(MAY_IMPORT) - {"migrations"})
    paths = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]

    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_ALL, "app", *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
