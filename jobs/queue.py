"""The one queue: its name, its jobs' limits, and the ring that says there is work.

A ring is a hint. What is to be done stands in SQL; losing a ring costs seconds, never work.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from services.doorbell import NOTIFICATIONS

QUEUE = "calls"
JOB_TIMEOUT_SECONDS = 60
DRAIN_SECONDS = 15
DRAIN = "jobs.calls.drain"
SYNC = "jobs.users.sync"
RING_EVERY_SECONDS = 0.02

logger = logging.getLogger(__name__)


def open_queue(connection: Redis) -> Queue:
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def enqueue_drain(queue: Queue, workers: int) -> bool:
    """Put a drain job on the queue unless there are as many waiting as workers could take."""
    if queue.count >= workers:
        return False
    queue.enqueue(DRAIN, job_timeout=JOB_TIMEOUT_SECONDS, result_ttl=0, failure_ttl=3600)
    return True


def enqueue_sync(queue: Queue, run_id: int) -> None:
    """Put a job for a sync run on the queue unless one waits there already."""
    prefix = f"sync-{run_id}-"
    if not any(job_id.startswith(prefix) for job_id in queue.get_job_ids()):
        queue.enqueue(
            SYNC,
            run_id,
            job_id=prefix + secrets.token_hex(4),  # the job that rings again still has its own
            job_timeout=JOB_TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=3600,
        )


def ring_for_sync(redis_url: str | None, run_id: int) -> bool:
    """Say that there is a sync to work on; False if nobody could be told. Never raises."""
    if redis_url is None:
        return False
    try:
        with Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1) as connection:
            enqueue_sync(open_queue(connection), run_id)
    except (RedisError, OSError):
        return False
    return True


class Ringer:
    """Rings for many: threads say that there is work, one background thread tells Redis: the live
    process, and the workers.

    Starts its thread with the first ring, so that it belongs to the process that rings.
    """

    def __init__(self, redis_url: str | None, workers: int) -> None:
        self._url = redis_url
        self._workers = workers
        self.reset()

    def reset(self) -> None:
        """Forget the thread: it belongs to the process before the fork."""
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """There is work. Never waits, never raises."""
        self._wanted.set()
        if self._thread is None and self._url:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        assert self._url
        connection = Redis.from_url(self._url, socket_timeout=2, socket_connect_timeout=2)
        queue = open_queue(connection)
        while True:
            self._wanted.wait()
            self._wanted.clear()
            with contextlib.suppress(RedisError):
                connection.publish(NOTIFICATIONS, b"")  # a phone may be ringing: first
                enqueue_drain(queue, self._workers)
            time.sleep(RING_EVERY_SECONDS)
