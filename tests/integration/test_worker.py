"""The RQ worker as a real process; its jobs are functions of the standard library."""

from __future__ import annotations

import logging
import os
import signal
import time

import psutil
import redis
from rq.job import JobStatus
from rq.worker import Worker

from runtime.worker import SayOnce
from tests.broker import running_broker, start
from tests.factories import wait_until
from tests.integration.workers import connection, enqueue, horses, start_worker, worker

__all__ = ["connection", "worker"]


def test_job_is_done(worker, connection):
    job = enqueue(connection, "os.path.join", "a", "b")

    wait_until(lambda: job.get_status(refresh=True) is JobStatus.FINISHED)

    assert job.return_value() == "a/b"


def test_work_horse_dies_with_a_killed_worker(worker, connection):
    enqueue(connection, "time.sleep", 50)
    horse = wait_until(lambda: horses(worker))[0]

    worker.kill()
    worker.wait()

    assert wait_until(lambda: is_gone(horse), seconds=3)


def is_gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_idle_worker_stops_at_once_and_says_goodbye(worker, connection):
    worker.terminate()

    assert worker.wait(timeout=3) == 0
    assert Worker.count(connection=connection) == 0


def test_worker_waits_for_its_horse_to_finish(worker, connection):
    job = enqueue(connection, "time.sleep", 1)
    wait_until(lambda: horses(worker))

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(timeout=10) == 0
    assert job.get_status(refresh=True) is JobStatus.FINISHED


def test_worker_registers_again_after_the_broker_was_wiped(worker, connection):
    connection.flushall()

    job = enqueue(connection, "os.path.join", "a", "b")

    wait_until(lambda: job.get_status(refresh=True) is JobStatus.FINISHED)
    assert wait_until(lambda: Worker.count(connection=connection)) == 1


def test_worker_outlives_its_broker(tmp_path):
    with running_broker() as own:
        with redis.Redis.from_url(own.url) as connection:
            worker = start_worker(tmp_path, own.url)
            wait_until(lambda: Worker.count(connection=connection) == 1)
            os.kill(connection.info("server")["process_id"], signal.SIGKILL)
        time.sleep(1)

        server = start(own)
        with redis.Redis.from_url(own.url) as connection:
            job = enqueue(connection, "os.path.join", "a", "b")
            wait_until(lambda: job.get_status(refresh=True) is JobStatus.FINISHED, seconds=10)
            assert job.return_value() == "a/b"
            assert worker.poll() is None

        for process in (worker, server):
            process.terminate()
            process.wait(timeout=10)


def test_same_complaint_is_said_once_a_minute(monkeypatch):
    record = logging.LogRecord("rq.worker", logging.ERROR, "", 0, "no broker: %s", ("x",), None)
    times = iter((0.0, 5.0, 59.0, 61.0))
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    say_once = SayOnce(60.0)

    said = [say_once.filter(record) for _ in range(4)]

    assert said == [True, False, False, True]
