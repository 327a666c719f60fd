"""A server of ours for tests, with one integration; a default for everything.

server.notify(*answered_call("1", phone="971500000055"))
server.drain()
assert server.state("1") == ("written", None)
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app import create_app
from models import CallSession, CrmAccount, db
from models.base import Moment, from_ms, now_ms
from runtime import migrate
from runtime.config import Config
from runtime.wiring import make_ports
from services import accounts, call_json, due, integrations, lists, replay
from services.drain import Drain
from services.integration_file import read_connection, read_file
from services.integrations import Made
from services.knobs import Knobs
from services.offices import Offices
from services.ports import Ports
from tests.simulated import Simulator

USERS = {"101": "u_17", "102": "u_18", "103": "u_19"}
FUNNELS = {"pipeline_id": "p_2", "stage_id": "s_21"}
RESPONSIBLE = {"incoming_user_id": "u_19", "outgoing_user_id": "u_20"}
TASKS = {"lost_incoming": {"assign": "from_settings"}, "failed_outgoing": {"assign": "caller"}}

_numbers = count(1)


def wait_until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Ask until the answer is true; what it is then."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)
    return found


# A server of ours in this process, with one integration


def make_settings(**parts: Any) -> dict[str, Any]:
    """A settings document: leads for unknown numbers, nothing for known ones."""
    incoming = {"first": {"create": "lead"}, "repeat": {"create": "nothing"}}
    return {"incoming": incoming, "responsible": RESPONSIBLE, "funnels": FUNNELS, **parts}


def make_file(crm: Simulator, **parts: Any) -> dict[str, Any]:
    """What `integrations create` takes; fast, and published."""
    limits = {"per_second": 10_000, "burst": 10_000, "in_flight": 16}
    return {
        "title": "Dubai office",
        "timezone": "Asia/Dubai",
        "default_country": "AE",
        "locale": "ru",
        "behomes": {"base_url": crm.url, "api_key": crm.key, "limits": limits},
        "user_mapping": [{"crm_user_id": u, "employee_id": e} for e, u in USERS.items()],
        "settings": make_settings(),
        "publish": True,
        **parts,
    }


def make_integration(app: Flask, crm: Simulator, **parts: Any) -> Made:
    """An integration that knows its CRM account and has read its lists."""
    with app.app_context():
        ports, engine = app.extensions["ports"], db.engine
        made = integrations.create_integration(
            db.session(), read_file(make_file(crm, **parts)), ports
        )
        account = db.session.get_one(integrations.Integration, made.id).crm_account_row_id
        db.session.remove()
        accounts.verify_account(engine, account, ports)
        lists.refresh(engine, ports, made.id)
    return made


@dataclass
class Server:
    """Our server without its processes: hooks by the test client, a drain when told to."""

    app: Flask
    engine: Engine
    crm: Simulator
    knobs: Knobs
    made: Made

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["ports"]
        return ports

    @property
    def id(self) -> int:
        return self.made.id

    def use(self, **parts: Any) -> Made:
        """Make the integration anew, with other settings or other parts of the file."""
        settings = parts.pop("settings", {})
        self.made = make_integration(
            self.app, self.crm, **{"settings": make_settings(**settings), **parts}
        )
        return self.made

    def reach(self, *hosts: str) -> None:
        """Also these hosts may be called."""
        old = self.app.extensions["config"]
        config = replace(old, api_hosts=(*old.api_hosts, *hosts))
        self.app.extensions["ports"] = make_ports(config, self.app)

    def publish(self, **settings: Any) -> int:
        with self.app.app_context():
            integration = db.session.get_one(integrations.Integration, self.id)
            number = integrations.publish(
                db.session(), integration, make_settings(**settings), author=None
            )
            db.session.commit()
            return number

    def connect(self, **file: Any) -> None:
        """`integrations connect`: new keys, and the account is asked."""
        with self.app.app_context():
            integration = db.session.get_one(integrations.Integration, self.id)
            integrations.connect(db.session(), integration, read_connection(file), self.ports)
            row_id = integration.crm_account_row_id
            db.session.remove()
        accounts.verify_account(self.engine, row_id, self.ports)

    def change(self, **columns: Any) -> None:
        """Set columns of the integration, as its pages do."""
        with Session(self.engine) as session, session.begin():
            row = session.get_one(integrations.Integration, self.id)
            for name, value in columns.items():
                setattr(row, name, value)

    # What the PBX does

    def notify(self, *bodies: dict[str, Any]) -> list[str]:
        """Post notifications to the hook; the words of the answers."""
        client, path = self.app.test_client(), urlsplit(self.made.webhook_url).path
        answers = [client.post(path, data=json.dumps(body)) for body in bodies]
        assert {answer.status_code for answer in answers} <= {200}, [a.text for a in answers]
        return [answer.json["status"] for answer in answers]

    # What the workers do

    def drain(self, seconds: float = 15, **options: Any) -> int:
        """Work until nothing is due."""
        return self.make_drain(**options).run(time.monotonic() + seconds)

    def make_drain(self, *, knobs: Knobs | None = None, **options: Any) -> Drain:
        return Drain(self.engine, Offices(self.ports), knobs or self.knobs, **options)

    def drain_twice_at_once(self, seconds: float = 15) -> None:
        """Two workers at the same time."""
        threads = [threading.Thread(target=self.drain, args=(seconds,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def settle(self, rounds: int = 12, seconds: float = 400) -> None:
        """Work, let time pass, work again: until nothing is left to do or planned."""
        for _ in range(rounds):
            self.drain()
            if not self.left():
                return
            self.pass_time(seconds)

    def probe(self) -> int:
        return accounts.probe_due(self.engine, self.ports)

    def close_forgotten(self) -> None:
        with self.engine.begin() as connection:
            due.close_forgotten(connection)

    def replay(self, call_id: str | None = None) -> int:
        with self.engine.begin() as connection:
            return replay.replay_writes(connection, self.id, call_id).writes

    def make_due(self, *reasons: str) -> None:
        with self.engine.begin() as connection:
            due.make_due(connection, self.id, reasons)

    def pass_time(self, seconds: float) -> None:
        """Move every moment in the database into the past: nobody has to wait."""
        with self.engine.begin() as connection:
            for table in db.metadata.sorted_tables:
                for column in table.columns:
                    if isinstance(column.type, Moment):
                        connection.execute(
                            text(f'UPDATE "{table.name}" SET {column.name} = {column.name} - :ms'),
                            {"ms": int(seconds * 1000)},
                        )

    def left(self) -> int:
        with self.engine.connect() as connection:
            return due.unfinished(connection, self.id)

    # What people see

    def show(self, call_id: str = "1") -> dict[str, Any]:
        """As `calls show`."""
        with Session(self.engine) as session:
            call = call_json.find_session(session, self.id, call_id)
            assert call is not None, f"no call {call_id}"
            shown = call_json.call_as_json(session, call)
            shown["writes"] = call_json.writes_as_json(session, call)
            shown["trace"] = call_json.trace_as_json(session, call)
            return shown

    def row(self, call_id: str = "1") -> CallSession:
        with Session(self.engine) as session:
            call = call_json.find_session(session, self.id, call_id)
            assert call is not None
            session.expunge(call)
            return call

    def now(self) -> datetime:
        """The database's moment."""
        with self.engine.connect() as connection:
            return from_ms(connection.execute(select(now_ms())).scalar_one())

    def state(self, call_id: str = "1") -> tuple[str, str | None]:
        shown = self.show(call_id)
        return shown["state"], shown["state_reason"]

    def codes(self, call_id: str = "1") -> list[str]:
        return [entry["code"] for entry in self.show(call_id)["trace"]]

    def write(self, kind: str, call_id: str = "1") -> dict[str, Any]:
        """The one row of the ledger of this kind."""
        (found,) = [write for write in self.show(call_id)["writes"] if write["kind"] == kind]
        return found

    def breaker(self) -> str:
        with Session(self.engine) as session:
            query = select(CrmAccount.breaker).join(integrations.Integration)
            return str(session.scalar(query.where(integrations.Integration.id == self.id)))

    # What the CRM has

    def written(self, entity: str) -> list[dict[str, Any]]:
        """What the API wrote, in order of creation."""
        found: list[dict[str, Any]] = self.crm.control("GET", f"/_sim/written?entity={entity}")[
            entity
        ]
        return found

    def audit(self) -> dict[str, int]:
        """How many rows the API ever made of each entity; nothing was ever doubled."""
        told = self.crm.control("GET", "/_sim/audit")
        assert told["doubled_phones"] == {}
        assert {
            name: one["doubled"] for name, one in told["entities"].items() if one["doubled"]
        } == {}
        return {name: one["total"] for name, one in told["entities"].items() if one["total"]}

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        log = self.crm.control("GET", "/_sim/requests")["requests"]
        return [one for one in log if operation in (None, one["operation"])]

    def fault(self, name: str, operation: str | None = None, **order: Any) -> None:
        match = {"match": {"operation": operation}} if operation else {}
        self.crm.control("POST", "/_sim/faults", {"name": name, **match, **order})

    def fired(self, name: str) -> int:
        return int(self.crm.control("GET", "/_sim/faults")["fired"].get(name, 0))

    def heal(self) -> None:
        self.crm.control("DELETE", "/_sim/faults")

    def configure(self, **settings: Any) -> None:
        self.crm.control("POST", "/_sim/config", settings)

    def by_hand(self, path: str, **changes: Any) -> None:
        """Somebody changes or deletes something in the CRM: `clients/c_501/delete`."""
        self.crm.control("POST", f"/_sim/entities/{path}", changes)


@contextmanager
def server_on(database_url: str, folder: Path, crm: Simulator, **environ: str) -> Iterator[Server]:
    """A server on an empty database, and an empty account of its own at the simulated CRM."""
    crm.key = f"key-{next(_numbers)}"
    crm.control(
        "POST", "/_sim/reset", {"seed": {"accounts": [{"key": crm.key, "template": "demo"}]}}
    )
    config = Config.from_environ(
        {
            "INSTANCE_DIR": str(folder),
            "DEMO": "0",
            "DATABASE_URL": database_url,
            "API_HOSTS": urlsplit(crm.url).netloc,
            **environ,
        },
        root=folder,
    )
    app = create_app(config)
    with app.app_context():
        engine = db.engine
    try:
        made = make_integration(app, crm)
        yield Server(app, engine, crm, Knobs.of(app.extensions["ports"]), made)
    finally:
        app.extensions["inbox"]._drop_connection()
        app.extensions["ports"].http.close()
        engine.dispose()


def create_tables(database_url: str, folder: Path) -> None:
    """Bring an empty database to the schema of today."""
    migrate.upgrade(
        Config.from_environ(
            {"INSTANCE_DIR": str(folder), "DEMO": "0", "DATABASE_URL": database_url}, root=folder
        )
    )


def empty_tables(engine: Engine) -> None:
    """Take everything out of a PostgreSQL database."""
    names = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
