"""Requests to the CRM for many calls: queued per account, granted by pace, run in threads."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from clients.behomes import BehomesClient
from clients.errors import (
    AmbiguousError,
    ClientError,
    KeyRefusedError,
    NotExecutedError,
    RateLimitedError,
)
from services import breaker, meters
from services.pace import Pace, slow_down
from services.steps import Send

THREADS = 32
MANY = 8
GATHER_SECONDS = 0.004
BLOCKED_REASONS = {"key": "key_refused", "open": "crm_away", "new": "crm_unknown"}


class Named(Protocol):
    """Whose a request is can be said in the log."""

    def about(self) -> AbstractContextManager[Any]: ...


Owner = TypeVar("Owner", bound=Named)


@dataclass(frozen=True)
class Answer(Generic[Owner]):
    """What came of a request, and how each exchange went: operation, method, path, status,
    milliseconds, error code."""

    owner: Owner
    account_row_id: int
    value: Any
    error: Exception | None
    exchanges: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class _Waiting(Generic[Owner]):
    owner: Owner
    crm: BehomesClient
    send: Send
    is_late: bool


class CrmRequests(Generic[Owner]):
    """One thread uses it; the requests run in others. An owner has one request at a time."""

    def __init__(self, token: str) -> None:
        self._pace = Pace(token)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="crm")
        self._answers: SimpleQueue[Answer[Owner]] = SimpleQueue()
        self._waiting: dict[int, deque[_Waiting[Owner]]] = {}
        self._granted: list[tuple[int, _Waiting[Owner]]] = []
        self._failing: set[int] = set()
        self._under_way = 0

    def queue(
        self,
        owner: Owner,
        account_row_id: int,
        crm: BehomesClient,
        send: Send,
        *,
        is_late: bool = False,
    ) -> None:
        """Have a request sent when pace allows; `is_late` lets all others go first."""
        queue = self._waiting.setdefault(account_row_id, deque())
        place = len(queue)
        if not is_late:
            place = next((at for at, item in enumerate(queue) if item.is_late), place)
        queue.insert(place, _Waiting(owner, crm, send, is_late))

    @property
    def is_waiting(self) -> bool:
        return any(self._waiting.values())

    def grant(self, connection: Connection) -> tuple[list[Owner], list[tuple[Owner, str]]]:
        """Let go what pace allows: returns whose requests go, and whose are blocked and why.

        `before` of each is called; `start` sends after the commit.
        """
        blocked: list[tuple[Owner, str]] = []
        for account, queue in self._waiting.items():
            if not queue:
                continue
            allowed = self._pace.take(connection, account, len(queue))
            state = self._pace.state(account)
            if state != "closed":
                blocked += [(item.owner, BLOCKED_REASONS[state]) for item in queue]
                self._pace.give_back(account, allowed)
                queue.clear()
            for _ in range(min(allowed, len(queue))):
                self._granted.append((account, queue.popleft()))
        for _, item in self._granted:
            if item.send.before:
                item.send.before()
        return [item.owner for _, item in self._granted], blocked

    def start(self, owners: Iterable[Owner]) -> None:
        """Send what was granted, for these owners; the others lost their call meanwhile."""
        going = {id(owner) for owner in owners}
        for account, item in self._granted:
            if id(item.owner) in going:
                self._pool.submit(self._run, account, item)
                self._under_way += 1
            else:
                self._pace.give_back(account, 1)
        self._granted = []

    def answers(self, timeout: float) -> list[Answer[Owner]]:
        """The answers that have come; waits up to `timeout` seconds for the first, and a moment
        for more while many are under way: a round costs the same for one as for twenty."""
        found: list[Answer[Owner]] = []
        with contextlib.suppress(Empty):
            if timeout:
                found.append(self._answers.get(timeout=timeout))
                if self._under_way > MANY:
                    sleep(GATHER_SECONDS)
            while True:
                found.append(self._answers.get_nowait())
        self._under_way -= len(found)
        for answer in found:
            self._pace.give_back(answer.account_row_id, 1)
        return found

    def drop_waiting(self) -> list[Owner]:
        """Forget what was not granted yet; returns whose it was."""
        owners = [item.owner for queue in self._waiting.values() for item in queue]
        self._waiting.clear()
        return owners

    def note_health(self, connection: Connection, answers: Iterable[Answer[Owner]]) -> None:
        """Tell breaker and pace how the requests went."""
        for answer in answers:
            account, error = answer.account_row_id, answer.error
            if isinstance(error, RateLimitedError):
                slow_down(connection, account, error.retry_after)
                self._pace.forget(account)
            elif isinstance(error, (KeyRefusedError, AmbiguousError, NotExecutedError)):
                self._failing.add(account)
                if breaker.note_failure(connection, account, error):
                    self._pace.forget(account)
            elif account in self._failing or self._pace.is_failing(account):
                breaker.note_success(connection, account)
                self._failing.discard(account)
                self._pace.forget(account)

    def renew(self, connection: Connection) -> None:
        self._pace.renew(connection)

    def close(self, connection: Connection | None) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        if connection is not None:
            self._pace.release(connection)

    def _run(self, account: int, item: _Waiting[Owner]) -> None:
        exchanges: list[tuple[Any, ...]] = []
        value: Any = None
        error: Exception | None = None
        began = monotonic()
        try:
            with item.owner.about():
                value = item.send.call(item.crm.observed(lambda *told: exchanges.append(told)))
        except ClientError as client_error:
            error = client_error
        except Exception as unexpected:
            # A defect of ours: it is raised again in the work of the call, which is set aside.
            error = unexpected
        meters.observe("crm_request_seconds", _result(error), seconds=monotonic() - began)
        self._answers.put(Answer(item.owner, account, value, error, tuple(exchanges)))


def _result(error: Exception | None) -> str:
    """What is counted of a request."""
    match error:
        case None:
            return "ok"
        case RateLimitedError():
            return "limited"
        case KeyRefusedError():
            return "key"
        case AmbiguousError():
            return "unclear"
        case NotExecutedError():
            return "unreached"
    return "refused"
