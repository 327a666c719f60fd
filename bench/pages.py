"""python -m bench.pages: how long the partials of the wizard take on the server.

One server, no simulators on the path (no page may ask the CRM), an office with long lists. Each
round asks for every partial once, beside `/healthz` as the floor, over one kept connection.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import defaultdict
from statistics import median, quantiles
from typing import Any

import requests
from sqlalchemy import create_engine, insert, select

from bench.stack import Stack, crm_simulator, new_stack
from bench.tables import goal, machine, table
from models import CrmList, CrmUserRow, Integration, UserMapping, VirtualNumberRow

GOAL_MS = 50.0
EMAIL, PASSWORD = "bench@example.com", "bench with a long password"
FLOOR = "/healthz"
STEPS = ("auth", "users", "incoming", "outgoing", "tasks", "templates", "funnels", "fields")
USERS, PIPELINES, STAGES, FIELDS, NUMBERS = 200, 10, 8, 60, 30


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="20 rounds")
    options = parser.parse_args(arguments)
    machine()
    with crm_simulator() as crm, new_stack(crm.url) as stack:
        stack.start()
        stack.create_integration()
        integration_id = fill_lists(stack)
        person = log_in(stack)
        rounds = 20 if options.quick else options.rounds
        _print(measure(stack, person, pages(integration_id), rounds), rounds)


def pages(integration_id: int) -> dict[str, str]:
    """What is measured: each step, the home, the review, the try-a-call page, the versions."""
    base = f"/integrations/{integration_id}"
    names = {step: f"{base}/setup/{step}" for step in (*STEPS, "review")}
    return names | {
        "home": f"{base}/setup",
        "summary of incoming": f"{base}/setup/incoming/summary",
        "versions": f"{base}/versions",
        "try a call": f"{base}/try",
    }


def measure(
    stack: Stack, person: requests.Session, paths: dict[str, str], rounds: int
) -> dict[str, list[float]]:
    """Milliseconds per page; every page is asked once before, so that nothing is compiled."""
    found: dict[str, list[float]] = defaultdict(list)
    asked = {FLOOR: FLOOR} | paths
    for number in range(rounds + 1):
        for name, path in asked.items():
            began = time.perf_counter()
            answer = person.get(
                f"http://127.0.0.1:{stack.port}{path}",
                headers={"HX-Request": "true"},
                allow_redirects=False,
                timeout=30,
            )
            took = (time.perf_counter() - began) * 1000
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            if number:
                found[name].append(took)
    return found


def log_in(stack: Stack) -> requests.Session:
    stack.command(
        "users", "create", "--email", EMAIL, "--role", "admin", "--password-stdin", given=PASSWORD
    )
    person, address = requests.Session(), f"http://127.0.0.1:{stack.port}/login"
    page = person.get(address, timeout=30).text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    data = {"email": EMAIL, "password": PASSWORD, "csrf_token": token.group(1)}
    answer = person.post(address, data=data, allow_redirects=False, timeout=30)
    if answer.status_code != 303:
        raise RuntimeError(f"no login: {answer.status_code}")
    return person


def fill_lists(stack: Stack) -> int:
    """Give the office long lists, as a large CRM has them; returns its id."""
    engine = create_engine(stack.database_url)
    with engine.begin() as connection:
        integration_id = connection.execute(select(Integration.id)).scalar_one()
        now = connection.execute(select(Integration.created_at)).scalar_one()
        own = {"integration_id": integration_id}
        rows: dict[Any, list[dict[str, Any]]] = {
            CrmUserRow: [
                own | {"user_id": f"b_{n}", "name": f"Agent {n}", "email": f"agent.{n}@example.com"}
                for n in range(USERS)
            ],
            UserMapping: [
                own | {"crm_user_id": f"b_{n}", "employee_id": str(9000 + n)} for n in range(USERS)
            ],
            VirtualNumberRow: [own | {"number": f"9714000{n:04}"} for n in range(NUMBERS)],
        }
        for model, values in rows.items():
            connection.execute(insert(model), values)
        connection.execute(CrmList.__table__.delete())
        lists = {"pipelines": _pipelines()} | {
            f"fields:{entity}": _fields(entity) for entity in ("client", "lead", "deal")
        }
        for kind, listed in lists.items():
            values = own | {"kind": kind, "rows": listed, "fetched_at": now}
            connection.execute(insert(CrmList), values)
    engine.dispose()
    return int(integration_id)


def _pipelines() -> list[dict[str, Any]]:
    return [
        {
            "id": f"p_{n}",
            "name": f"Pipeline {n}",
            "entity": "deal",
            "stages": [
                {"id": f"s_{n}_{s}", "name": f"Stage {s}", "kind": "open"} for s in range(STAGES)
            ],
        }
        for n in range(1, PIPELINES + 1)
    ]


def _fields(entity: str) -> list[dict[str, Any]]:
    return [
        {
            "key": f"field_{n}",
            "title": f"Field {n}",
            "entity": entity,
            "type": "string",
            "required": False,
            "options": [],
        }
        for n in range(FIELDS)
    ]


def _print(found: dict[str, list[float]], rounds: int) -> None:
    floor = median(found[FLOOR])
    rows = [
        [
            name,
            f"{median(values):.1f}",
            f"{quantiles(values, n=20)[-1]:.1f}",
            f"{median(values) / floor:.1f}",
            "" if name == FLOOR else goal(median(values), GOAL_MS, at_least=False),
        ]
        for name, values in found.items()
    ]
    title = (
        f"Partials of the wizard, SQLite, {rounds} rounds,"
        f" {USERS} users, {PIPELINES} pipelines, {FIELDS} fields an entity"
    )
    table(title, ("partial", "median, ms", "p95, ms", f"/ {FLOOR}", "goal"), rows)


if __name__ == "__main__":
    main()
