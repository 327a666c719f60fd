"""How far a call by a click has come, as its notifications tell it in any order."""

from __future__ import annotations

from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from rules.dial_progress import progress_of
from rules.events import Event

ZONE = ZoneInfo("Asia/Dubai")


def heard(*told):
    """Events of pairs of a kind and the second at which it happened; members may follow."""
    return [
        Event(
            kind,
            f"{kind}-{seconds}",
            "1",
            {"notification_time": f"2026-03-05 12:00:{seconds:02}.000", **dict(*members)},
        )
        for kind, seconds, *members in told
    ]


RING, PICK_UP, DIAL = ("waiting_answer", 0), ("call_accepted", 5), ("outgoing_call", 6)
TALK, TALKED = ("talk_started", 10), ("talk_finished", 20)
END = ("call_finished", 21, {"talk_time_duration": 0})
BUSY = ("call_finished", 21, {"lost_reason": "subscriber_busy"})


@pytest.mark.parametrize(
    ("told", "stage", "reason"),
    [
        ((), "calling_employee", None),
        ((RING,), "calling_employee", None),
        ((("outgoing_call", 0), RING), "calling_employee", None),
        ((("outgoing_call", 0),), "calling_employee", None),
        ((RING, PICK_UP), "calling_client", None),
        ((RING, DIAL), "calling_client", None),
        ((RING, TALK), "talking", None),
        ((RING, TALK, TALKED), "ended", None),
        ((RING, TALK, TALKED, ("talk_started", 21)), "talking", None),
        ((RING, TALK, TALKED, END), "ended", None),
        ((("call_finished", 9, {"talk_time_duration": 4}),), "ended", None),
        ((RING, PICK_UP, END), "failed", "client_silent"),
        ((RING, END), "failed", "not_connected"),
        ((RING, (*END[:2], {"lost_reason": "subscriber_busy"})), "failed", "client_busy"),
        (
            (RING, (*END[:2], {"lost_reason": "no_success_operator_call"})),
            "failed",
            "employee_silent",
        ),
        ((("lost_call", 9),), "failed", "not_connected"),
    ],
)
def test_stage_does_not_depend_on_the_order_of_arrival(told, stage, reason):
    for events in list(permutations(heard(*told)))[:24]:
        known = progress_of(events, ZONE)
        assert (known.stage, known.reason) == (stage, reason)
