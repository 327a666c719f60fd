"""The RQ worker as a real process; its jobs are functions of the standard library."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import redis
from rq import Queue
from rq.job import JobStatus
from rq.worker import Worker

from runtime.config import ROOT
from runtime.worker import QUEUE, SayOnce
from tests.broker import running_broker, start
from tests.factories import wait_until


@pytest.fixture
def connection(broker_url):
    with redis.Redis.from_url(broker_url) as connection:
        yield connection


@pytest.fixture
def worker(tmp_path, broker_url, connection):
    process = start_worker(tmp_path, broker_url)
    wait_until(lambda: Worker.count(connection=connection) == 1)
    yield process
    process.kill()
    process.wait()


def start_worker(folder, broker_url):
    environment = {**os.environ, "INSTANCE_DIR": str(folder / "instance"), "REDIS_URL": broker_url}
    return subprocess.Popen([sys.executable, "-m", "runtime", "worker"], cwd=ROOT, env=environment)


def enqueue(connection, name, *arguments):
    queue = Queue(QUEUE, connection=connection, serializer="json")
    return queue.enqueue(name, *arguments, job_timeout=60)


def horses(process):
    return psutil.Process(process.pid).children()


def test_job_is_done(worker, connection):
    job = enqueue(connection, "os.path.join", "a", "b")

    wait_until(lambda: job.get_status(refresh=True) is JobStatus.FINISHED)

    assert job.return_value() == "a/b"


def test_work_horse_dies_with_a_killed_worker(worker, connection):
    enqueue(connection, "time.sleep", 50)
    horse = wait_until(lambda: horses(worker))[0]

    worker.kill()
    worker.wait()

    wait_until(lambda: not horse.is_running() or horse.status() == psutil.STATUS_ZOMBIE, seconds=3)


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

    enqueue(connection, "time.sleep", 0)

    wait_until(lambda: Worker.count(connection=connection) == 1)


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
