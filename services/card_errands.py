"""What a card needs from the CRM, asked and told in threads: no card waits for another's.

The look-up of a caller has 1.5 s. The CRM's own pop-up is told with one quick retry; what it does
not take then is dropped, never queued.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from clients.errors import ClientError, RateLimitedError, UnsupportedError
from rules.crm import Client
from rules.match import choose_client
from rules.phones import Phone, variants
from services.card_inbox import Key
from services.offices import Office
from services.saying import about_call

LOOK_UP_SECONDS = 1.5
TELL_SECONDS = 1.5
THREADS = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LookUp:
    card_id: int
    key: Key
    office: Office
    phone: Phone
    asked_at: datetime


@dataclass(frozen=True)
class Found:
    """`error` None: the CRM answered, and `client` is the caller, None if nobody has the number."""

    asked: LookUp
    client: Client | None
    error: ClientError | None

    @property
    def crm_state(self) -> str:
        if self.error is not None:
            return "away"
        return "known" if self.client else "unknown"


@dataclass(frozen=True)
class Tell:
    card_id: int
    office: Office
    body: Mapping[str, Any]
    call_session_id: str | None = None


@dataclass(frozen=True)
class Told:
    """`result` is "done" or the error's code."""

    tell: Tell
    result: str


class Errands:
    """`on_done` is called, in another thread, whenever a result can be fetched."""

    def __init__(self, on_done: Callable[[], None]) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="card")
        self._results: SimpleQueue[Found | Told] = SimpleQueue()
        self._on_done = on_done
        self.out: set[int] = set()  # cards that are being looked up for

    def look_up(self, order: LookUp) -> None:
        self.out.add(order.card_id)
        self._pool.submit(self._run, order, lambda: _look_up(order))

    def tell(self, order: Tell) -> None:
        self._pool.submit(self._run, order, lambda: Told(order, _tell(order)))

    def results(self) -> list[Found | Told]:
        """What has come since the last call."""
        found: list[Found | Told] = []
        while True:
            try:
                found.append(self._results.get_nowait())
            except Empty:
                return found

    def forget(self, results: list[Found | Told]) -> None:
        """The results are stored, or lost: then the card is looked after again."""
        self.out -= {each.asked.card_id for each in results if isinstance(each, Found)}

    def close(self, *, wait: bool = False) -> None:
        """Begin nothing more; with `wait` also let end what is under way."""
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _run(self, order: LookUp | Tell, call: Callable[[], Found | Told]) -> None:
        call_id = order.key[1] if isinstance(order, LookUp) else order.call_session_id
        with about_call(order.office.integration_id, call_id):
            try:
                self._results.put(call())
            except Exception:
                # A defect of ours: the card stays as it is, its neighbours go on.
                logger.exception("an errand for a card failed")
        self._on_done()


def _look_up(order: LookUp) -> Found:
    spellings = variants(order.phone, order.office.country)
    try:
        hits = order.office.crm.find_clients(spellings, timeout=LOOK_UP_SECONDS)
    except ClientError as error:
        return Found(order, None, error)
    match = choose_client(hits, order.phone, country=order.office.country)
    return Found(order, match.client, None)


def _tell(order: Tell) -> str:
    for is_last in (False, True):
        try:
            order.office.crm.send_call_event(order.body, timeout=TELL_SECONDS)
            return "done"
        except UnsupportedError:
            return "unsupported"
        except ClientError as error:
            if is_last or isinstance(error, RateLimitedError):
                return error.code
    return "done"
