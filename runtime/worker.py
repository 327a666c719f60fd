"""The RQ worker: one queue, a work-horse forked for each job from a ready application.

Redis may go away and come back: the worker waits. It talks little; the jobs log what they did.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from types import FrameType
from typing import Any

from flask import Flask
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from redis.retry import Retry
from rq import Worker, worker_registration
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue

from runtime import application, process
from runtime.config import Config

# One queue per process: of two, RQ pops with BLPOP and loses the job of a killed worker.
QUEUE = "calls"
# A worker tells twice in this time that it lives.
WORKER_TTL_SECONDS = 30
LONGEST_WAIT_SECONDS = 5.0
QUIET_SECONDS = 60.0

logger = logging.getLogger(__name__)


def work(config: Config) -> None:
    """Work until SIGTERM or SIGINT. `config.redis_url` must be given."""
    if not config.redis_url:
        raise ValueError("a worker needs a broker")
    for one in (logger, logging.getLogger("rq.worker")):
        one.addFilter(SayOnce(QUIET_SECONDS))
    app = application.create(config)
    application.share_memory()
    process.step_back()
    while not _work_until_broken(app, config.redis_url):
        logger.warning("the worker lost its broker and starts again")
        time.sleep(LONGEST_WAIT_SECONDS / 2)


def connect(url: str) -> Redis:
    """A connection that finds a restarted broker again without waiting long."""
    return Redis.from_url(url, socket_connect_timeout=3, retry=Retry(ConstantBackoff(0.1), 1))


def _work_until_broken(app: Flask, url: str) -> bool:
    """True if the worker was asked to stop, False if it must be made anew."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        worker = CallWorker(QUEUE, app=app, connection=connect(url))
        # Left to itself a worker whose broker is gone ends with an error of its last words.
        worker.work(logging_level="WARNING")
    except RedisError:
        return False
    return worker.was_asked_to_stop


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


class CallWorker(Worker):
    """RQ's worker without what we do not use, and with children that do not outlive it."""

    log_result_lifespan = False
    max_connection_wait_time = LONGEST_WAIT_SECONDS

    def __init__(self, queue: str, *, app: Flask, connection: Redis) -> None:
        self._app = app
        super().__init__(
            [queue],
            connection=connection,
            serializer="json",
            log_job_description=False,
            worker_ttl=WORKER_TTL_SECONDS,
            job_monitoring_interval=10,
        )

    @property
    def was_asked_to_stop(self) -> bool:
        return self._shutdown_requested_date is not None

    def subscribe(self) -> None:
        """No commands over pub/sub: their thread would be forked into every work-horse."""

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Also registers again: after the broker was wiped nobody would know of us."""
        super().heartbeat(timeout, pipeline)
        if pipeline is None:
            self.connection.hset(self.key, mapping=self.serialize())
            worker_registration.register(self)

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """The broker's absence must not end us while a work-horse is at work."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().maintain_heartbeats(job, execution)

    def handle_warm_shutdown_request(self) -> None:
        """Ask the work-horse to finish what it has begun and take nothing new."""
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        assert self.pid is not None
        process.die_with_parent(self.pid)
        process.set_name("work-horse")
        application.cut_connections(self._app)
        with self._app.app_context():
            super().main_work_horse(job, queue)

    def setup_work_horse_signals(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._stop_horse)

    def _stop_horse(self, _number: int, _frame: FrameType | None) -> None:
        self._app.extensions["stopping"].set()


class SayOnce(logging.Filter):
    """Lets the same message through once per so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._said_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        text, now = str(record.msg), time.monotonic()
        is_new = now - self._said_at.get(text, -self._seconds) >= self._seconds
        if is_new:
            self._said_at[text] = now
        return is_new
