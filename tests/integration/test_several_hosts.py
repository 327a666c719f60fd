"""Upkeep of several hosts at once: each thing is done once, whoever comes first."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import create_app
from jobs import upkeep
from models import AddressBookEntry, CrmEvent, Integration, SyncRun, UserMapping
from models.base import from_ms, now_ms
from rules.crm import Client
from services import crm_events, lists, sync_runs
from services.known_clients import Reading, remember
from services.task_turns import HELD_MS, Turn
from tests.callgear import CALL, DATA, TOKEN
from tests.notifications import answered_call, lost_call, ringing

# On SQLite two upkeep processes stand on one machine and write one after the other.
on_postgres = pytest.mark.parametrize(
    "any_server", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
PHONES = [f"+9715000007{number:02}" for number in range(4)]
MANAGER = {"enabled": True, "absent": "not_found", "address_book": True}
FIELD = {"id": "f", "entity": "lead", "target": "utm_source", "value": "{{utm_source}}"}


@pytest.fixture
def hosts(any_server, pbx, tmp_path):
    """Two hosts on one database, joined to a CRM and a PBX: their applications."""
    server = any_server
    server.reach(pbx.url.removeprefix("http://"))
    callgear = {"data_api_url": pbx.url + DATA, "call_api_url": pbx.url + CALL}
    incoming = {"first": {"create": "lead"}, "personal_manager": MANAGER}
    settings = {"fields": [FIELD], "incoming": incoming}
    server.use(callgear={**callgear, "access_token": TOKEN}, settings=settings)
    (tmp_path / "other").mkdir()
    other = create_app(replace(server.app.extensions["config"], instance_dir=tmp_path / "other"))
    other.extensions["ports"] = server.ports
    pbx.control("DELETE", "/_sim/requests")
    yield [server.app, other]
    with other.app_context():
        upkeep.db.engine.dispose()


def asked(pbx):
    requests = pbx.control("GET", "/_sim/requests")["requests"]
    return [one["operation"] for one in requests]


def at_once(hosts, task, *, times=3):
    """Both hosts call a task in the same moment, several times."""
    start, failures = threading.Barrier(len(hosts)), []

    def work(app):
        with app.app_context():
            for _ in range(times):
                start.wait(timeout=20)
                try:
                    thread = task()
                    if isinstance(thread, threading.Thread):
                        thread.join()
                except Exception as error:
                    failures.append(error)

    threads = [threading.Thread(target=work, args=(app,)) for app in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def know(server, *phones):
    """Clients of u_17, who is employee 101."""
    with server.engine.begin() as connection:
        now = from_ms(connection.execute(select(now_ms())).scalar_one())
        account = connection.execute(
            select(Integration.crm_account_row_id).where(Integration.id == server.id)
        ).scalar_one()
        clients = [Client(f"c_{phone}", "Anna", (phone,), "u_17") for phone in phones]
        remember(connection, [Reading(account, c.phones[0], c, now, "call") for c in clients])


def test_turn_belongs_to_one_until_its_time_is_over(any_server):
    first, second = (Turn(any_server.engine, "a task") for _ in range(2))

    assert [first.hold(), second.hold(), first.hold()] == [True, False, True]
    assert Turn(any_server.engine, "another task").hold()

    any_server.pass_time(HELD_MS / 1000 + 1)
    assert [second.hold(), first.hold()] == [True, False]


@on_postgres
def test_one_contact_is_made_for_each_number(hosts, any_server, pbx):
    know(any_server, *PHONES)

    at_once(hosts, upkeep.write_address_books)

    assert asked(pbx).count("create.contacts") == len(PHONES)
    with Session(any_server.engine) as session:
        assert len(session.scalars(select(AddressBookEntry)).all()) == len(PHONES)
        assert session.scalar(select(UserMapping.employee_id).limit(1))


@on_postgres
def test_statuses_cost_the_points_of_one_reading(hosts, pbx):
    at_once(hosts, upkeep.read_statuses)

    assert asked(pbx) == ["get.statuses", "get.employees"]


@on_postgres
def test_report_is_read_once(hosts, any_server, pbx):
    any_server.notify(*answered_call("901"))
    any_server.drain()
    any_server.pass_time(31)

    at_once(hosts, upkeep.read_reports)

    assert asked(pbx) == ["get.calls_report"]


@on_postgres
def test_lists_are_read_once_an_hour(hosts, any_server, pbx):
    any_server.pass_time(2 * lists.HOUR_MS / 1000)

    at_once(hosts, upkeep.refresh_lists)

    assert sorted(asked(pbx)) == ["get.account", "get.employees", "get.virtual_numbers"]


@on_postgres
def test_blocked_account_is_probed_once(hosts, any_server):
    with any_server.engine.begin() as connection:
        connection.execute(text("UPDATE crm_account SET breaker = 'open', probe_at = NULL"))
    any_server.fault("error_500_before", count=50)

    at_once(hosts, upkeep.probe_accounts)

    assert any_server.fired("error_500_before") == 1


@on_postgres
def test_event_of_the_crm_is_handled_once(hosts, any_server, monkeypatch):
    handled = []

    def effect(_connection, event):
        handled.append(event.data["n"])

    monkeypatch.setattr(crm_events, "EFFECTS", {"user.updated": effect})
    for number in range(20):
        event = crm_events.NewEvent(f"e{number}", "user.updated", any_server.now(), {"n": number})
        crm_events.store(any_server.engine, any_server.id, event)

    at_once(hosts, upkeep.handle_crm_events)

    assert sorted(handled) == list(range(20))
    with Session(any_server.engine) as session:
        rows = session.scalars(select(CrmEvent)).all()
        assert {(row.tries, row.handled_at is None) for row in rows} == {(1, False)}


@on_postgres
def test_call_whose_end_nobody_told_is_closed_once(hosts, any_server):
    any_server.notify(*ringing("1"))
    any_server.drain()
    any_server.pass_time(5 * 3600)
    before = any_server.row("1").events_version

    at_once(hosts, upkeep.sweep)
    any_server.drain()

    assert any_server.row("1").events_version == before + 1
    assert any_server.audit()["calls"] == 1


@on_postgres
def test_night_has_one_employee_sync(hosts, any_server, monkeypatch):
    any_server.change(nightly_sync=True)
    monkeypatch.setattr(sync_runs, "NIGHT", (time.min, time.max))

    at_once(hosts, upkeep.start_nightly_syncs)

    with Session(any_server.engine) as session:
        assert [run.origin for run in session.scalars(select(SyncRun))] == ["nightly"]


@on_postgres
def test_deleted_integration_is_taken_out_by_both_together(hosts, any_server):
    for number in range(30):
        any_server.notify(*ringing(str(number)))
    any_server.drain()
    any_server.change(deleted_at=any_server.now())
    any_server.pass_time(25 * 3600)

    at_once(hosts, upkeep.purge_deleted, times=2)

    with any_server.engine.connect() as connection:
        for table in ("call_session", "notification", "crm_write"):
            query = text(f"SELECT count(*) FROM {table} WHERE integration_id = :id")
            assert connection.execute(query, {"id": any_server.id}).scalar_one() == 0


@on_postgres
def test_every_task_may_run_on_both_at_once(hosts, any_server):
    for number in range(1, 9):
        phone = f"97150000{number:04}"
        any_server.notify(*answered_call(str(number), contact_phone_number=phone))
        any_server.notify(*lost_call(str(100 + number), contact_phone_number=phone))
    know(any_server, *PHONES)
    any_server.pass_time(2 * lists.HOUR_MS / 1000)

    for _, _, task in upkeep.TASKS:
        at_once(hosts, getattr(task, "_work", task), times=2)
    any_server.settle()

    assert any_server.audit()["clients"] == 8
