"""Erasing what we hold about one number: nothing of it is left, and what comes again is known."""

from __future__ import annotations

import threading

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobs.queue import enqueue_drain, open_queue, ring_for_sync
from models import (
    AuditEntry,
    CallSession,
    CrmWrite,
    Erasure,
    Integration,
    SettingsVersion,
)
from services import erasures
from tests.integration.known_number import (
    LONG_AGO,
    NUMBER,
    OTHER,
    SPELLINGS,
    erase,
    left,
    plant,
    work,
)
from tests.notifications import answered_call, event, lost_call, record, talking


def test_nothing_of_the_number_is_left_and_others_stay(any_server):
    server = any_server
    work(
        server,
        [*answered_call("1", contact_full_name="Anna Berg"), record("1")],
        lost_call("2", contact_full_name="Anna Berg"),
        answered_call("3", contact_phone_number=OTHER),
        [event("numb_b", "3", 5, contact_phone_number=OTHER, comment=f"asks for {SPELLINGS[2]}")],
    )
    path = plant(server, "1")
    before = server.show("3")["facts"]

    assert erase(server, SPELLINGS[3])

    assert left(server) == []
    assert left(server, "Anna Berg") == []
    assert not path.exists()
    assert server.show("3")["facts"] == before
    assert left(server, OTHER) != []


def test_what_is_needed_to_know_it_again_stays(server):
    work(server, answered_call("1"))
    keys = [(write["kind"], write["crm_id"]) for write in server.show("1")["writes"]]

    erase(server)

    row = server.row("1")
    assert row.erased_at is not None and row.client_phone is None
    assert (row.direction, row.outcome, row.talk_seconds) == ("inbound", "answered", 75)
    assert [(write["kind"], write["crm_id"]) for write in server.show("1")["writes"]] == keys
    assert server.codes("1") == ["erased"]
    with Session(server.engine) as session:
        order = session.scalars(select(Erasure)).one()
        said = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert order.phone_sealed is None and order.finished_at is not None
    assert (said.code, said.values["number"]) == ("data.erased", "***0055")


def test_a_notification_that_is_repeated_makes_nothing_anew(server):
    call = [*answered_call("1"), record("1")]
    work(server, call)
    made = server.audit()
    erase(server)

    assert set(server.notify(*call)) == {"duplicate"}
    server.settle()

    assert server.audit() == made
    assert left(server) == []


def test_what_comes_late_of_an_erased_call_brings_nobody_back(any_server):
    server = any_server
    work(server, answered_call("1"))
    made = server.audit()
    erase(server)

    server.notify(record("1", "late"))
    server.settle()

    assert server.audit() == made
    assert left(server) == []
    assert server.row("1").next_at is None


def test_a_new_call_finds_the_client_in_the_crm(server):
    work(server, answered_call("1"))
    client = server.show("1")["created"]["client_id"]
    erase(server)

    work(server, answered_call("2"))

    assert server.show("2")["created"]["client_id"] == client
    assert server.audit()["clients"] == 1


def test_without_a_search_by_phone_the_ledger_prevents_a_double(server):
    server.configure(search_lag_phone_seconds=3600)
    work(server, answered_call("1"))
    erase(server)

    work(server, answered_call("2"))

    assert server.audit()["clients"] == 1


def test_work_that_was_not_done_is_given_up(server):
    server.fault("validation_refused", "create_lead", count=50)
    work(server, answered_call("1"))
    server.heal()

    assert erase(server)
    server.replay()
    server.settle()

    assert server.row("1").next_at is None
    assert "planned" not in {write["status"] for write in server.show("1")["writes"]}


def test_a_call_in_a_workers_hands_is_waited_for(server):
    work(server, answered_call("1"))
    with server.engine.begin() as connection:
        row = CallSession.__table__
        connection.execute(update(row).values(lease_token="mine", leased_until=4_000_000_000_000))

    assert not erase(server)
    waiting = _order(server)
    with server.engine.begin() as connection:
        connection.execute(update(row).values(lease_token=None, leased_until=None))

    assert waiting.waiting == 1
    assert erasures.move_on(server.engine, server.ports) == 1
    assert left(server) == []


def test_a_call_that_goes_on_is_waited_for(server):
    server.notify(*talking("1"))
    server.drain()

    assert not erase(server)
    assert server.row("1").client_phone == NUMBER


def test_killed_in_every_step_it_goes_on(server):
    work(server, answered_call("1"))
    plant(server, "1")
    with Session(server.engine) as session:
        number = erasures.read_number(session, server.id, NUMBER, server.ports)
        order = erasures.ask(session, number, server.ports)
    state, steps = "on", 0
    while state == "on":
        with pytest.raises(RuntimeError), server.engine.begin() as connection:
            erasures._step(connection, server.ports, order, [])
            raise RuntimeError("killed")
        with server.engine.begin() as connection:
            state = erasures._step(connection, server.ports, order, [])
        steps += 1

    assert (state, steps > 10) == ("finished", True)
    assert left(server) == []


def test_twice_is_once(server):
    work(server, answered_call("1"))

    assert erase(server)
    assert erase(server)

    assert left(server) == []


def test_the_version_in_force_stays_and_older_ones_lose_the_number(server):
    with Session(server.engine) as session, session.begin():
        office = session.get_one(Integration, server.id)
        version = session.scalars(select(SettingsVersion)).one()
        old = dict(version.document) | {"ignored": [SPELLINGS[1], OTHER]}
        session.add(
            SettingsVersion(
                integration_id=server.id, number=99, document=old, published_at=LONG_AGO
            )
        )
        office.draft = old

    assert erase(server)

    assert left(server) == []
    with Session(server.engine) as session:
        cleaned = session.scalars(select(SettingsVersion).filter_by(number=99)).one()
        assert cleaned.document["ignored"] == [OTHER]


def test_files_of_the_server_hold_no_byte_of_it(server, tmp_path):
    work(server, *(answered_call(str(number)) for number in range(30)))
    plant(server, "1")
    assert _in_files(tmp_path) != set()

    assert erase(server)

    assert _in_files(tmp_path) == set()


def _in_files(folder):
    found = set()
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        found |= {path.name for each in SPELLINGS if each.lstrip("+").encode() in data}
    return found


def _order(server):
    with Session(server.engine) as session:
        return session.scalars(select(Erasure)).one()


def test_the_ledger_of_an_erased_call_holds_its_keys(server):
    work(server, answered_call("1"))
    erase(server)

    with Session(server.engine) as session:
        rows = session.scalars(select(CrmWrite)).all()

    assert {row.kind for row in rows} >= {"client", "lead", "call"}
    assert all(row.body == {} and row.reference for row in rows)


def test_erased_while_workers_are_at_it(any_server):
    """Whoever is first: nothing of the number is left, and nothing stands twice."""
    server = any_server
    server.configure(latency_seconds=0.02)
    calls = [answered_call(str(number)) for number in range(8)]
    server.notify(*[body for call in calls for body in call])
    workers = threading.Thread(target=server.drain_twice_at_once, args=(20,))
    workers.start()
    while workers.is_alive():
        erase(server, seconds=0.2)
    server.settle()

    assert erase(server)

    assert left(server) == []
    assert server.audit()["clients"] == 1


def test_the_broker_holds_no_number(server, broker_url):
    work(server, answered_call("1"))
    plant(server, "1")
    with Redis.from_url(broker_url) as connection:
        enqueue_drain(open_queue(connection), 4)
        ring_for_sync(broker_url, 1)
        held = b"".join(key + (connection.dump(key) or b"") for key in connection.scan_iter("*"))
        values = b"".join(
            name + value
            for key in connection.scan_iter("rq:job:*")
            for name, value in connection.hgetall(key).items()
        )

    assert b"jobs.calls.drain" in values
    assert [each for each in SPELLINGS if each.lstrip("+").encode() in held + values] == []
