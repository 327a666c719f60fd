"""Delivers notifications as badly as a PBX and the internet do: shuffled, several times, at most
once each; what is not answered is never sent again."""

from __future__ import annotations

import http.client
import queue
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

from chaos.plan import COPIES, REPEATED, Plan
from chaos.simulated import Notification

THREADS = 12
TIMEOUT_SECONDS = 15.0
SHUFFLED_CALLS = 40  # calls whose notifications come mixed up with each other


@dataclass(frozen=True)
class Delivery:
    """One sending of a notification, so many seconds after the start."""

    at: float
    number: int
    notification: Notification


def schedule(
    plan: Plan, told: list[Notification], *, per_second: float
) -> tuple[list[Delivery], Counter[str]]:
    """When what is sent, `per_second` calls in each second; and what the PBX does to it."""
    dice = random.Random(f"courier {plan.seed}")
    calls = {call.id: (index, call) for index, call in enumerate(plan.calls)}
    deliveries, counts = [], Counter[str]()
    width = SHUFFLED_CALLS / per_second
    for number, notification in enumerate(told):
        index, call = calls[notification.call_id]
        if not call.is_told(notification.event):
            counts["notification dropped"] += 1
            continue
        begin = index // SHUFFLED_CALLS * width
        copies = COPIES if dice.random() < REPEATED else 1
        counts["notification repeated"] += copies > 1
        for copy in range(copies):
            at = begin + dice.random() * width * (1 if copy < 3 else 2)
            deliveries.append(Delivery(at, number, notification))
    deliveries.sort(key=lambda one: one.at)
    counts["notification out of order"] = _disorder(deliveries)
    dropped = Counter(call.dropped for call in plan.calls)
    counts |= {f"call dropped: {word}": dropped[word] for word in ("all", "end", "record")}
    return deliveries, counts


def _disorder(deliveries: list[Delivery]) -> int:
    """How many came after a later one of their call."""
    latest: dict[int, int] = {}
    late = 0
    for one in deliveries:
        call_id = one.notification.call_id
        late += one.number < latest.get(call_id, 0)
        latest[call_id] = max(one.number, latest.get(call_id, 0))
    return late


class Courier:
    """Sends a schedule; `acknowledged` are the numbers of notifications answered 200."""

    def __init__(self, deliveries: list[Delivery], *, port: int, path: str) -> None:
        self._deliveries = deliveries
        self._port = port
        self._path = path
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._lock = threading.Lock()
        self.acknowledged: set[int] = set()
        self.answers: Counter[str] = Counter()

    def run(self) -> None:
        """Returns when everything has been sent and answered, or was not."""
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]
        for worker in workers:
            worker.start()
        began = time.monotonic()
        for one in self._deliveries:
            time.sleep(max(0.0, began + one.at - time.monotonic()))
            self._queue.put(one)
        for _ in workers:
            self._queue.put(None)
        for worker in workers:
            worker.join()

    def call_ids(self) -> set[int]:
        """The calls of which something was acknowledged."""
        numbers = self.acknowledged
        return {one.notification.call_id for one in self._deliveries if one.number in numbers}

    def _work(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        while (one := self._queue.get()) is not None:
            answer = self._send(connection, one.notification)
            with self._lock:
                self.answers[answer] += 1
                if answer == "200":
                    self.acknowledged.add(one.number)
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, told: Notification) -> str:
        """The status, or how it failed. A connection that was closed while it was idle is opened
        again; a request that was sent is not sent again."""
        connection.close()
        path, body = self._path, told.body.encode()
        if told.method == "GET":
            path, body = f"{path}?{told.body}", b""
        headers = {"Content-Type": told.content_type} if told.content_type else {}
        try:
            connection.connect()
        except OSError:
            return "refused"
        try:
            connection.request(told.method, path, body or None, headers)
            answer = connection.getresponse()
            answer.read()
            return str(answer.status)
        except TimeoutError:
            return "timeout"
        except (OSError, http.client.HTTPException):
            return "cut"
