"""The employee sync's job, its ring, and the periodic process that takes up what was left."""

from __future__ import annotations

import pytest
from redis import Redis

from jobs import upkeep, users
from jobs.queue import JOB_TIMEOUT_SECONDS, SYNC, open_queue, ring_for_sync
from services.sync_store import LEASE_MS
from tests.offices import TwoSides, person

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def sides(server, pbx):
    sides = TwoSides(server, pbx)
    sides.plant([person(1), person(2)])
    sides.connect()
    server.app.extensions["redis_url"] = NOWHERE
    return sides


@pytest.fixture
def queue(broker_url):
    with Redis.from_url(broker_url) as connection:
        yield open_queue(connection)


def run_in_app(sides, task, *words):
    with sides.server.app.app_context():
        task(*words)


def test_job_works_on_its_run(sides):
    run_id = sides.start()

    run_in_app(sides, users.sync, run_id)

    assert sides.run(run_id).state == "done"
    assert len(sides.employees()) == 2


def test_job_that_ran_out_of_time_rings_for_the_rest(sides, queue, broker_url, monkeypatch):
    sides.server.app.extensions["redis_url"] = broker_url
    monkeypatch.setattr(users, "WORK_SECONDS", 0.0)
    run_id = sides.start()

    run_in_app(sides, users.sync, run_id)

    assert len(sides.employees()) == 1
    (job,) = queue.jobs
    assert (job.func_name, list(job.args)) == (SYNC, [run_id])


def test_ring_is_one_job_however_often_it_is_rung(queue, broker_url):
    told = [ring_for_sync(broker_url, 7) for _ in range(3)]

    assert told == [True] * 3
    (job,) = queue.jobs
    assert job.timeout == JOB_TIMEOUT_SECONDS


@pytest.mark.parametrize("url", [None, NOWHERE])
def test_ring_without_a_broker_says_so_and_never_raises(url):
    assert ring_for_sync(url, 7) is False


def test_upkeep_works_itself_while_the_broker_is_away(sides):
    run_id = sides.start()

    run_in_app(sides, upkeep.take_up_syncs)
    assert sides.run(run_id).state == "queued"  # who made it has a moment to begin
    sides.server.pass_time(2)
    run_in_app(sides, upkeep.take_up_syncs)

    assert sides.run(run_id).state == "done"


def test_upkeep_rings_for_a_run_whose_worker_is_gone(sides, queue, broker_url):
    sides.server.app.extensions["redis_url"] = broker_url
    run_id = sides.start()
    sides.claim(run_id)

    run_in_app(sides, upkeep.take_up_syncs)
    assert queue.count == 0
    sides.server.pass_time(LEASE_MS / 1000 + 1)
    run_in_app(sides, upkeep.take_up_syncs)

    assert [list(job.args) for job in queue.jobs] == [[run_id]]


def test_night_is_a_task_of_the_upkeep(sides):
    tasks = {call for _name, _seconds, call in upkeep.TASKS}

    assert {upkeep.start_nightly_syncs, upkeep.take_up_syncs} <= tasks
