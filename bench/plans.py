"""python -m bench.plans: how the database finds what the product asks for, with a long history.

Every statement that the periodic process, a drain, the live process and the pages really send to a
filled database is caught and explained by that database. A statement that walks through a whole
table of more than `LARGE` rows is named; the command ends with 1 if one is not among the expected.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.calls import ready_stack
from bench.database import connection
from bench.filling import fill
from bench.history import fill_rest
from bench.messages import FINISHED, INCOMING
from bench.pages import EMAIL, PASSWORD, log_in
from bench.plan_reader import Found, Table, read_plan
from bench.stack import Stack, crm_simulator
from bench.tables import machine, table

LARGE = 5_000
SLOW_SECONDS = 1.0
CALLS = 20
PAGES = (
    "overview?period=today",
    "calls",
    "calls?number=971560000100",
    "calls?outcome=lost",
    "callbacks",
    "journal",
    "journal?state=rejected",
    "journal?number=971560000100",
    "accounted",
    "changes",
    "privacy",
    "people",
    "versions",
    "setup",
)


@dataclass(frozen=True)
class Asked:
    """A statement as it was sent, by whom, and with which parameters."""

    by: str
    statement: str
    parameters: Any


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.plans", description=__doc__)
    parser.add_argument("--notifications", type=int, default=400_000)
    parser.add_argument("--quick", action="store_true", help="40,000 notifications")
    parser.add_argument("--all", action="store_true", help="show every statement")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    options = parser.parse_args(arguments)
    amount = 40_000 if options.quick else options.notifications
    machine()
    walks = 0
    for kind in options.database or ("postgresql", "sqlite"):
        with crm_simulator() as crm, ready_stack(kind, crm) as stack:
            walks += _explain(kind, stack, amount, show_all=options.all)
    if walks:
        sys.exit(1)


def _explain(kind: str, stack: Stack, amount: int, *, show_all: bool) -> int:
    log_in(stack)
    stack.stop()
    with connection(stack.database_url) as opened:
        fill(opened, stack.database_url, notifications=amount)
        fill_rest(opened, stack.database_url, rows=amount // 8)
    asked = _catch(stack)
    with connection(stack.database_url) as opened:
        large = {name: Table(name, rows) for name, rows in _sizes(opened) if rows > LARGE}
        plans = [
            (each, read_plan(opened, each.statement, each.parameters, large)) for each in asked
        ]
    walks = [(each, found) for each, found in plans if found.walks]
    rows = _by_asker(plans)
    title = f"Statements and how {kind} finds their rows, {amount:,} notifications stored"
    columns = (
        "asked by",
        "statements",
        "by key or condition",
        "until a LIMIT is full",
        "whole tables",
    )
    table(title, columns, rows)
    for each, found in walks:
        print(f"WALKS {', '.join(found.walks)} ({each.by}): {_short(each.statement)}")
    if show_all:
        for each, found in plans:
            print(f"{each.by}: {_short(each.statement)}\n    {'; '.join(found.steps)}")
    return len(walks)


def _catch(stack: Stack) -> list[Asked]:
    """Do in this process what the parts of the server do, and note what they ask."""
    os.environ.update(stack.environment)
    from sqlalchemy import event

    from models import db
    from runtime import application
    from runtime.config import Config

    app = application.create(Config.load())
    seen: dict[str, Asked] = {}
    asker = [""]

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        first = parameters[0] if many else parameters
        seen.setdefault(_shape(statement), Asked(asker[0], statement, first))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    for asker[0], do in _doings(app, stack):
        began = time.monotonic()
        do()
        if (took := time.monotonic() - began) > SLOW_SECONDS:
            print(f"{asker[0]} took {took:.1f} s", flush=True)
        with app.app_context():
            db.session.remove()
    event.remove(engine, "before_cursor_execute", note)
    return list(seen.values())


def _doings(app: Any, stack: Stack) -> Iterator[tuple[str, Callable[[], object]]]:
    """What each part does, by its name; each in a context of the application."""
    from jobs.upkeep import TASKS

    client = app.test_client()
    yield "webhook", lambda: _receive(client, stack.hook_path)
    yield "live", _within(app, lambda: _live(app))
    yield "drain", _within(app, lambda: _drain(app))
    for name, _seconds, call in TASKS:
        yield f"upkeep: {name}", _within(app, call)
    _enter(client)
    for path in PAGES:
        yield f"page: {path}", partial(_get, client, f"/integrations/1/{path}")
    yield "metrics", partial(_get, client, "/metrics")
    yield "ready", partial(client.get, "/readyz")


def _within(app: Any, call: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        with app.app_context():
            call()

    return run


def _receive(client: Any, hook_path: str) -> None:
    for number in range(CALLS):
        ids = {"call_session_id": f"8{number:08}", "contact_phone_number": f"9715880{number:05}"}
        for body in (INCOMING, FINISHED):
            answer = client.post(hook_path, json=body | ids)
            if answer.status_code != 200:
                raise RuntimeError(f"not acknowledged: {answer.status_code}")


def _get(client: Any, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")


def _drain(app: Any) -> None:
    from models import db
    from services.drain import Drain
    from services.knobs import Knobs
    from services.offices import Offices

    ports = app.extensions["ports"]
    Drain(db.engine, Offices(ports), Knobs.of(ports)).run(time.monotonic() + 60)


def _live(app: Any) -> None:
    from models import db
    from services.cards import LiveCards

    cards = LiveCards(db.engine, app.extensions["ports"], lambda: None)
    cards.step()
    cards.close()


def _enter(client: Any) -> None:
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    data = {"email": EMAIL, "password": PASSWORD, "csrf_token": token.group(1)}
    answer = client.post("/login", data=data)
    if answer.status_code != 303:
        raise RuntimeError(f"no login: {answer.status_code}")


def _sizes(opened: Any) -> Iterator[tuple[str, int]]:
    from models import db

    for each in db.metadata.sorted_tables:
        yield each.name, int(opened.execute(f"SELECT count(*) FROM {each.name}").fetchone()[0])


def _by_asker(plans: list[tuple[Asked, Found]]) -> list[list[object]]:
    groups: dict[str, list[Found]] = defaultdict(list)
    for each, found in plans:
        groups[each.by.partition(":")[0]].append(found)
    return [
        [
            by,
            len(many),
            sum(not found.walks and not found.ordered for found in many),
            sum(bool(found.ordered) and not found.walks for found in many),
            sum(bool(found.walks) for found in many),
        ]
        for by, many in groups.items()
    ]


def _shape(statement: str) -> str:
    """The statement without what only its length of lists changes."""
    return re.sub(
        r"(, ?)?(%\([a-z_]+\d+(_\d+)?\)s(::\w+)?|\?)", "?", re.sub(r"\s+", " ", statement)
    )


def _short(statement: str) -> str:
    flat = re.sub(r"\s+", " ", statement)
    return flat if len(flat) < 400 else f"{flat[:200]} ... {flat[-190:]}"


if __name__ == "__main__":
    main()
