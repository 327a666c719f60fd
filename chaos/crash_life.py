"""The life of a call under test: what child processes do with it, until it is at rest."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import TextClause, event, text

from chaos.crash_cases import Case
from chaos.crash_kill import Notes, Points
from models import db
from models.base import Moment
from tests.factories import Server, server_on
from tests.simulated import Simulator

SETTINGS: dict[str, Any] = {
    "incoming": {
        "first": {"create": "lead_and_deal", "owner": "from_settings"},
        "repeat": {"create": "nothing"},
    },
    "tasks": {"lost_incoming": {"assign": "from_settings"}},
    "fields": [
        {"id": "f1", "entity": "lead", "target": "talk_seconds", "value": "{{total_duration}}"},
        {"id": "f2", "entity": "lead", "target": "recording_link", "value": "{{recording_url}}"},
    ],
}
# What a call leaves behind, in an order that foreign keys allow.
TRACES = ("trace_entry", "decision", "crm_write", "notification", "call_session", "contact_lock")
MORE_TRACES = ("crm_lane", "known_client")
ROUNDS = 24
LEASE_SECONDS = 11
LATE_SECONDS = 130
OVERTAKEN_SECONDS = 4


@contextmanager
def stage_on(database_url: str, folder: Path, crm: Simulator) -> Iterator[Server]:
    """A server with one integration for all cases."""
    with server_on(database_url, folder, crm) as server:
        if server.engine.dialect.name == "sqlite":
            # A killed process loses nothing that it has given to the system: no need for the disk.
            event.listen(server.engine, "connect", _trust_the_system)
            server.engine.dispose()
        server.use(settings=SETTINGS)
        yield server


def _trust_the_system(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def clear(server: Server) -> None:
    """Forget all calls, here and in the CRM; the integration and its account stay."""
    crm = server.crm
    account = {"key": crm.key, "template": "demo"}
    crm.control("POST", "/_sim/reset", {"seed": {"accounts": [account]}})
    crm.control("POST", "/_sim/config", {"idempotency": "off"})
    with server.engine.begin() as connection:
        for table in (*TRACES, *MORE_TRACES):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(
            text("UPDATE crm_account SET breaker = 'closed', failures = 0, tokens = burst")
        )


def warm_up(server: Server, cases: Iterable[Case]) -> None:
    """Go through some lives in this process: what is loaded and compiled then, children have."""
    for case in cases:
        prepare(server, case)
        live(server, points_for(server, case, Notes(), 0, is_watching=False), case)
    server.ports.http.close()
    server.engine.dispose()
    gc.freeze()


def wake_in_child(server: Server) -> None:
    """After a fork: nothing of the parent's connections and threads is used."""
    gc.disable()
    server.engine.dispose(close=False)
    for reset in server.app.extensions["after_fork"]:
        reset()
    server.crm.session = requests.Session()
    server.crm.session.trust_env = False


def prepare(server: Server, case: Case) -> None:
    """Bring the call up to the writes in question, and tell the CRM what to answer to them."""
    clear(server)
    for notifications in case.scenario.before:
        server.notify(*notifications)
        pass_time(server, OVERTAKEN_SECONDS)
        server.drain()
    server.notify(*case.scenario.then)
    pass_time(server, OVERTAKEN_SECONDS)
    if case.fault:
        server.crm.control("POST", "/_sim/faults", case.fault)
    if case.deletes:
        server.configure(deleted_status=case.answer.is_gone)


def points_for(
    server: Server, case: Case, notes: Notes, kill_at: int, *, is_watching: bool = True
) -> Points:
    """The points of this process; with them somebody who deletes what an operation names."""
    wanted = case.operation

    def note_and_delete(method: str, path: str) -> None:
        if not points.is_on or wanted.path not in path:
            return
        notes.note_request(is_write=method == wanted.method)
        if case.deletes and method == wanted.method and not notes.is_deleted:
            notes.note_deletion()
            for row in server.written(case.deletes):
                server.by_hand(f"{case.deletes}/{row['id']}/delete")

    points = Points(notes, kill_at, note_and_delete)
    if is_watching:
        points.watch(server.engine)
    return points


def live(server: Server, points: Points, case: Case) -> None:
    """Work until nothing is left, as workers and upkeep do; time passes by command. What the CRM
    refused for good is replayed by a person."""
    for number in range(ROUNDS):
        with _counting(points):
            server.drain(case.answer.drain_seconds)
            server.probe()
        if server.left() == 0 and not _replay_failed(server, points):
            return
        if number:
            wait_for_late_ones(server)
        pass_time(server, LATE_SECONDS if number else LEASE_SECONDS)


def recover(server: Server, points: Points, case: Case) -> None:
    """The life goes on in another process, when the leases of the killed one have run out."""
    wait_for_late_ones(server)
    pass_time(server, LEASE_SECONDS)
    live(server, points, case)


def wait_for_late_ones(server: Server) -> None:
    """Until the CRM has carried out what it was sent: a write that lands after `SETTLE_SECONDS`
    can double, as the documents say. Some rounds, for what it has not even read yet."""
    for _ in range(3):
        while server.crm.control("GET", "/_sim/audit?counts=0")["pending"]:
            time.sleep(0.01)


def pass_time(server: Server, seconds: float) -> None:
    """As the server's own, but only in what a call leaves behind: it is done very often here."""
    with server.engine.begin() as connection:
        for statement in _statements():
            connection.execute(statement, {"ms": int(seconds * 1000)})


@cache
def _statements() -> tuple[TextClause, ...]:
    found = []
    for name in (*TRACES, *MORE_TRACES, "crm_account"):
        columns = [c.name for c in db.metadata.tables[name].columns if isinstance(c.type, Moment)]
        changes = ", ".join(f"{column} = {column} - :ms" for column in columns)
        found.append(text(f"UPDATE {name} SET {changes}"))
    return tuple(found)


def _replay_failed(server: Server, points: Points) -> bool:
    """Whether a call had failed; it is tried again."""
    with server.engine.connect() as connection:
        query = "SELECT call_session_id FROM call_session WHERE state = 'failed'"
        failed = list(connection.execute(text(query)).scalars())
    with _counting(points):
        for call_id in failed:
            server.replay(call_id)
    return bool(failed)


@contextmanager
def _counting(points: Points) -> Iterator[None]:
    points.is_on = True
    try:
        yield
    finally:
        points.is_on = False
