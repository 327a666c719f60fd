"""Runs of the employee sync: one at a time, stopped, killed, taken up again, started at night."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from clients.callgear import CallGearClient
from models import SyncRun
from services import sync_runs
from services.delete_integration import delete_integration
from services.sync_employees import Limits, Outcome
from services.sync_store import LEASE_MS
from tests.factories import wait_until
from tests.integration.two_sides import sides
from tests.offices import person

__all__ = ["sides"]


def test_stop_takes_effect_between_records_and_keeps_what_was_done(sides):
    sides.plant([person(number) for number in range(4)])
    sides.pbx_fault("slow", "create.employees", seconds=0.4)
    run_id = sides.start()
    worker = threading.Thread(target=sides.work, args=(run_id,))
    worker.start()
    wait_until(sides.employees)
    with Session(sides.server.engine) as session:
        sync_runs.stop(session, run_id)
    worker.join()

    run = sides.run(run_id)
    made = len(sides.employees())
    assert run.state == "stopped"
    assert 1 <= made < 4
    assert len(sides.pairs()) == made == len(sides.items(run))
    assert sides.sync().state == "done"
    assert len(sides.employees()) == 4


def test_run_that_nobody_works_on_stops_at_once(sides):
    run_id = sides.start()

    with Session(sides.server.engine) as session:
        sync_runs.stop(session, run_id)

    assert sides.run(run_id).state == "stopped"
    assert sides.work(run_id) is Outcome.BUSY


def test_second_press_gives_the_running_one(sides):
    first = sides.start()

    with Session(sides.server.engine) as session:
        again = sync_runs.start(session, sides.server.id, origin="button")

    assert again == sync_runs.Started(first, False)


def test_two_workers_never_work_on_one_run(sides):
    sides.plant([person(number) for number in range(3)])
    run_id = sides.start()

    workers = [threading.Thread(target=sides.work, args=(run_id,)) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert (sides.run(run_id).state, len(sides.employees())) == ("done", 3)
    assert sides.asked("create.employees") == 3


def test_long_run_goes_on_in_the_next_job(sides):
    sides.plant([person(number) for number in range(3)])
    run_id = sides.start()
    over = Limits(until=0.0)

    outcomes = [sides.work(run_id, over) for _ in range(3)]

    assert outcomes == [Outcome.MORE, Outcome.MORE, Outcome.FINISHED]
    run = sides.run(run_id)
    assert set(sides.results(run).values()) == {("created", "new")}
    assert (run.done, run.total, len(sides.employees())) == (3, 3, 3)


def test_lists_that_take_too_long_end_the_run(sides):
    run_id = sides.start()

    sides.work(run_id, Limits(read_by=0.0))

    assert sides.run(run_id).error["code"] == "too_slow"


class Killed(BaseException):
    """What no part of the program expects, as the end of a process."""


def kill_after(sides, run_id, operation, monkeypatch):
    """A worker that dies right after the answer to its first request of this kind."""
    real = getattr(CallGearClient, operation)

    def die(self, *words, **more):
        real(self, *words, **more)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(CallGearClient, operation, die)
        with pytest.raises(Killed):
            sides.work(run_id)


@pytest.mark.parametrize("bare", [False, True], ids=["with-email", "name-only"])
def test_killed_worker_is_taken_up_again_after_its_lease(sides, monkeypatch, bare):
    more = {"email": None, "phones": [], "extension": None} if bare else {}
    sides.plant([person(1, **more), person(2)])
    run_id = sides.start()
    kill_after(sides, run_id, "create_employee", monkeypatch)

    assert sides.work(run_id) is Outcome.BUSY
    with sides.server.engine.connect() as connection:
        assert sync_runs.find_due(connection) is None
    sides.server.pass_time(LEASE_MS / 1000 + 1)
    with sides.server.engine.connect() as connection:
        assert sync_runs.find_due(connection) == run_id
    assert sides.work(run_id) is Outcome.FINISHED

    run = sides.run(run_id)
    assert sides.results(run) == {"u_1": ("created", "new"), "u_2": ("created", "new")}
    assert (len(sides.employees()), sides.asked("create.employees")) == (2, 2)


def test_worker_that_lost_its_lease_writes_nothing_more(sides):
    sides.plant([person(1), person(2)])
    run_id = sides.start()
    sides.pbx_fault("slow", "create.employees", seconds=0.5, count=1)
    worker = threading.Thread(target=sides.work, args=(run_id,))
    worker.start()
    while not sides.asked("get.employees"):
        pass
    with Session(sides.server.engine) as session, session.begin():
        session.execute(update(SyncRun).values(lease_token="another"))
    worker.join()

    assert sides.run(run_id).state == "running"
    assert len(sides.employees()) <= 1


def test_run_of_a_deleted_integration_writes_nothing(sides):
    sides.plant([person(1)])
    run_id = sides.start()
    sides.server.change(deleted_at=sides.server.now())

    assert sides.work(run_id) is Outcome.FINISHED
    assert (sides.run(run_id).state, sides.employees()) == ("stopped", [])


def test_deletion_ends_a_sync_that_is_under_way(sides):
    sides.plant([person(number) for number in range(6)])
    sides.pbx_fault("slow", "create.employees", seconds=0.4)
    run_id = sides.start()
    worker = threading.Thread(target=sides.work, args=(run_id,))
    worker.start()
    wait_until(sides.employees)
    with Session(sides.server.engine) as session:
        delete_integration(session, sides.server.id, typed_title="Dubai office")
    worker.join()

    assert sides.run(run_id).state == "stopped"
    assert 1 <= len(sides.employees()) < 6


def test_integration_without_a_pbx_starts_nothing(any_server):
    with Session(any_server.engine) as session, pytest.raises(sync_runs.NoPbx):
        sync_runs.start(session, any_server.id, origin="button")


@pytest.mark.parametrize(
    ("utc", "is_night"),
    [
        pytest.param("2026-03-01 21:59", False, id="before-two-in-Dubai"),
        pytest.param("2026-03-01 22:00", True, id="two-in-Dubai"),
        pytest.param("2026-03-02 01:59", True, id="before-six"),
        pytest.param("2026-03-02 02:00", False, id="six"),
    ],
)
def test_night_is_of_the_integrations_zone(utc, is_night):
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)

    assert (sync_runs.tonight(moment, "Asia/Dubai") is not None) is is_night


def night_zone(now):
    """A zone in which it is three at night now."""
    return f"Etc/GMT{(now.hour - 3 + 12) % 24 - 12:+d}"


def test_night_starts_one_run_and_never_a_flood(sides):
    sides.plant([person(number) for number in range(6)])
    sides.server.change(nightly_sync=True, timezone=night_zone(sides.server.now()))

    starters = [
        threading.Thread(target=sync_runs.start_nightly, args=(sides.server.engine,))
        for _ in range(3)
    ]
    for each in starters:
        each.start()
    for each in starters:
        each.join()
    with Session(sides.server.engine) as session:
        (run,) = sync_runs.latest_runs(session, sides.server.id)
    sides.work(run.id)

    assert (run.origin, sides.run(run.id).is_dry) == ("nightly", True)
    assert sides.employees() == []
    assert sync_runs.start_nightly(sides.server.engine) == 0
