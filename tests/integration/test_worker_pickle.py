"""Whoever can write to the broker cannot run code by it: a worker never unpickles."""

from __future__ import annotations

import os
import zlib

import pytest
from rq import Queue
from rq.job import Job, JobStatus
from rq.serializers import PickleSerializer

from runtime.worker import QUEUE
from tests.factories import wait_until
from tests.integration.workers import connection, enqueue, worker

__all__ = ["connection", "worker"]


class Trap:
    """Unpickling it makes a folder: this stands for any code at all."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def is_settled(job):
    return job.get_status(refresh=True) in (JobStatus.FAILED, None, JobStatus.FINISHED)


@pytest.mark.parametrize("place", ["arguments", "whole", "meta"])
def test_pickled_job_does_nothing_and_the_worker_goes_on(worker, connection, tmp_path, place):
    trap, made = Trap(tmp_path / "trap"), tmp_path / "made"
    queue = Queue(QUEUE, connection=connection, serializer=PickleSerializer)
    arguments = (trap,) if place == "arguments" else (str(made),)
    job = Job.create("os.mkdir", args=arguments, connection=connection, serializer=PickleSerializer)
    if place == "meta":
        job.meta = {"a": trap}
    queue.enqueue_job(job)
    if place == "whole":
        stored = zlib.compress(PickleSerializer.dumps(trap))
        connection.hset(job.key, "data", stored)

    after = [enqueue(connection, "os.path.join", "a", str(number)) for number in range(3)]

    for each in after:
        wait_until(lambda each=each: each.get_status(refresh=True) is JobStatus.FINISHED)
    assert not (tmp_path / "trap").exists()
    assert not made.exists()
    assert worker.poll() is None
    assert connection.llen(f"rq:queue:{QUEUE}") == 0


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80\x04.", b"[]", b'{"a": 1}', b'["os.mkdir", null, [], {}, 5]', b"\xff" * 1000],
)
def test_job_that_is_nonsense_does_nothing_and_the_worker_goes_on(worker, connection, data):
    job = enqueue(connection, "time.sleep", 0)
    broken = Job.create("os.path.join", args=("a",), connection=connection, serializer="json")
    broken.save()
    connection.hset(broken.key, "data", zlib.compress(data))
    connection.rpush(f"rq:queue:{QUEUE}", broken.id, "no-such-job", b"\xff\xfe")

    after = enqueue(connection, "os.path.join", "a", "b")

    wait_until(lambda: after.get_status(refresh=True) is JobStatus.FINISHED)
    wait_until(lambda: is_settled(job))
    assert worker.poll() is None
