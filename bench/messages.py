"""Requests ready to be sent: one keep-alive HTTP request per notification, each body unique."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import count

LINE = "97140000001"
FIRST_PHONE = 971_500_000_000
INCOMING = {
    "event": "incoming_call",
    "notification_name": "bh-in",
    "notification_mnemonic": "in_call_session",
    "virtual_phone_number": LINE,
    "notification_time": "2026-03-01 14:40:24.101",
    "scenario_name": "Main line",
    "contact_phone_number": "PHONE",
    "communication_number": None,
    "contact_id": None,
    "contact_full_name": None,
    "call_session_id": "SESSION",
}
FINISHED = {
    "event": "call_finished",
    "notification_name": "bh-end",
    "notification_mnemonic": "call_session_finished",
    "virtual_phone_number": LINE,
    "notification_time": "2026-03-01 14:40:47.234",
    "external_id": None,
    "contact_phone_number": "PHONE",
    "communication_number": None,
    "employee_full_name": "Agent One",
    "employee_id": 101,
    "call_source": "va",
    "direction": "in",
    "call_session_id": "SESSION",
    "scenario_name": "Main line",
    "talk_time_duration": 12,
    "total_time_duration": 23,
    "wait_time_duration": 11,
    "tag_names": None,
    "is_transfer": False,
    "last_talked_employee_id": 101,
}
# Stored as durably as the others, but of no use to any call: it makes no work beside the measured.
UNUSED = FINISHED | {"event": "leg_finished", "notification_mnemonic": None}


class Messages:
    """Makes requests for one webhook address. Sessions and phones never repeat: they go on from
    `first`, and phones stay valid for 9 million calls."""

    def __init__(self, path: str, port: int, *, first: int) -> None:
        self._heads = [_template(path, port, body) for body in (INCOMING, FINISHED, UNUSED)]
        self._numbers = count(first)

    def calls(self, amount: int, *, notifications: int = 2) -> Iterator[bytes]:
        """An incoming call and its end for each of `amount` calls, one right after the other; with
        1 notification the end alone."""
        incoming, finished, _ = self._heads
        for _ in range(amount):
            number = next(self._numbers)
            if notifications > 1:
                yield _fill(incoming, number)
            yield _fill(finished, number)

    def starts(self) -> Iterator[bytes]:
        """Notifications of calls that begin, without an end."""
        return (_fill(self._heads[0], number) for number in self._numbers)

    def unused(self) -> Iterator[bytes]:
        return (_fill(self._heads[2], number) for number in self._numbers)


def repeat(request: bytes) -> Iterable[bytes]:
    while True:
        yield request


def _template(path: str, port: int, body: dict[str, object]) -> tuple[bytes, bytes, bytes]:
    """Head and body cut where session and phone stand; both have a fixed width."""
    text = json.dumps(body, separators=(",", ":"))
    text = text.replace('"SESSION"', "~" * 12).replace("PHONE", "^" * 12)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    before, _, rest = (head + text).partition("^" * 12)
    between, _, after = rest.partition("~" * 12)
    return before.encode(), between.encode(), after.encode()


def _fill(template: tuple[bytes, bytes, bytes], number: int) -> bytes:
    before, between, after = template
    phone = FIRST_PHONE + number % 10_000_000
    return b"%s%d%s%d%s" % (before, phone, between, 700_000_000_000 + number, after)
