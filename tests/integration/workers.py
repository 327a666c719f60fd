"""The RQ worker as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest
import redis
from rq import Queue
from rq.worker import Worker

from runtime.config import ROOT
from runtime.worker import QUEUE
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
