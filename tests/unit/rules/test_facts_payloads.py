"""The whole calls among the payload files, read and folded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clients.notifications import read
from rules.facts import Recording, fold
from rules.phones import Phone
from tests.unit.rules.calls import AROUND

PAYLOADS = Path(__file__).parents[2] / "payloads" / "callgear"
MEDIA = "https://media.callgear.com"


def whole_call(name):
    paths = sorted((PAYLOADS / name).iterdir())
    events = [read(path.read_bytes(), "application/json", b"").event for path in paths]
    assert events
    return events


def moment(text):
    return datetime.fromisoformat(f"2026-03-01 {text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "700000101",
            {
                "direction": "inbound",
                "outcome": "answered",
                "client_phone": Phone("+971500000011", True),
                "answered_by": "101",
                "finished_by": "101",
                "caller": None,
                "rung": ("101",),
                "started_at": moment("10:40:24.101"),
                "answered_at": moment("10:40:35.500"),
                "ended_at": moment("10:40:47.234"),
                "wait_seconds": 11,
                "talk_seconds": 12,
                "total_seconds": 23,
                "recordings": (
                    Recording(f"{MEDIA}/700000101/0a1b2c3d4e5f60718293a4b5c6d7e8f9", 12),
                ),
                "started_text": "2026-03-01 14:40:24.101",
                "employee_name": "Agent One",
            },
            id="answered",
        ),
        pytest.param(
            "700000102",
            {
                "direction": "inbound",
                "outcome": "lost",
                "answered_by": None,
                "finished_by": None,
                "rung": ("101", "102"),
                "started_at": moment("11:01:38.950"),
                "answered_at": None,
                "ended_at": moment("11:02:09.990"),
                "wait_seconds": 31,
                "talk_seconds": 0,
                "talks": (),
                "employee_name": None,
            },
            id="lost",
        ),
        pytest.param(
            "700000103",
            {
                "direction": "outbound",
                "outcome": "failed",
                "answered_by": None,
                "finished_by": None,
                "caller": "102",
                "total_seconds": 30,
                "employee_name": "Agent Two",
            },
            id="outgoing-failed",
        ),
        pytest.param(
            "700000104",
            {
                "direction": "inbound",
                "outcome": "answered",
                "answered_by": "101",
                "finished_by": "102",
                "is_transfer": True,
                "needs_report": False,
                "rung": ("101", "102"),
                "wait_seconds": 9,
                "talk_seconds": 130,
                "employee_name": "Agent Two",
                "recordings": (
                    Recording(f"{MEDIA}/700000104/1f2e3d4c5b6a79880716253443526170", 40),
                    Recording(f"{MEDIA}/700000104/2f2e3d4c5b6a79880716253443526171", 90),
                ),
            },
            id="transfer",
        ),
    ],
)
def test_facts_of_a_whole_call(name, expected):
    call = fold(whole_call(name), AROUND)

    assert call.call_session_id == name
    assert {member: getattr(call, member) for member in expected} == expected


@pytest.mark.parametrize("name", ["700000101", "700000102", "700000103", "700000104"])
def test_the_order_of_arrival_does_not_matter(name):
    events = whole_call(name)
    late = [replace(event, received_at=moment("20:00:00")) for event in events]

    assert fold([*reversed(late), *events], AROUND) == fold(events, AROUND)


def test_every_talk_of_a_transfer_is_counted():
    call = fold(whole_call("700000104"), AROUND)

    assert {talk.employee_id: talk.seconds for talk in call.talks} == {"101": 40, "102": 90}
