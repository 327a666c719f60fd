"""What is tried: writes in their scenarios, times what the CRM answers to them.

A scenario brings a call up to the writes in question; what happens from there on is its life, and
in it the process is killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.notifications import answered_call, lost_call, record, ringing, talking

Notifications = list[dict[str, Any]]


@dataclass(frozen=True)
class Scenario:
    """`before` is worked off first; `then` is what the process under test works on."""

    before: tuple[Notifications, ...]
    then: Notifications


SCENARIOS = {
    "lost": Scenario((), lost_call("1")),
    "ended": Scenario((ringing("1"),), lost_call("1")[2:]),
    "line": Scenario((lost_call("1"),), lost_call("2")),
    "reached": Scenario((lost_call("1"),), answered_call("2")),
    "recorded": Scenario((talking("1"), answered_call("1")[3:]), [record("1")]),
}


@dataclass(frozen=True)
class Operation:
    """A write of ours: how the CRM calls it, and what somebody deletes so that it is refused as
    gone; None where nothing that it names can go."""

    name: str
    scenario: str
    crm: str
    method: str
    path: str
    gone: str | None = None
    is_create: bool = False


OPERATIONS = (
    Operation("client", "lost", "create_client", "POST", "/clients", None, is_create=True),
    Operation("lead", "lost", "create_lead", "POST", "/leads", "clients", is_create=True),
    Operation("deal", "lost", "create_deal", "POST", "/deals", "clients", is_create=True),
    Operation("task", "lost", "create_task", "POST", "/tasks", "deals", is_create=True),
    Operation("call", "lost", "put_call", "PUT", "/calls", "clients"),
    Operation("completion", "ended", "update_lead", "PATCH", "/leads", "leads"),
    Operation("task line", "line", "update_task", "PATCH", "/tasks", "tasks"),
    Operation("task closing", "reached", "update_task", "PATCH", "/tasks", "tasks"),
    Operation("recording", "recorded", "patch_call", "PATCH", "/calls", None),
    Operation("late completion", "recorded", "update_lead", "PATCH", "/leads", "leads"),
)


@dataclass(frozen=True)
class Answer:
    """A fault of the simulated CRM for one operation; None: it answers well. `is_gone`: what the
    operation names is deleted just before it arrives, and the CRM says so with this status."""

    name: str
    fault: dict[str, Any] | None = None
    times: int = 1
    is_gone: int = 0
    drain_seconds: float = 15  # less where the drain would wait for what the CRM has asked for


HOLD = 0.03
LATE = 0.15
GOOD = Answer("2xx")
ANSWERS = (
    GOOD,
    Answer("2xx without id", {"name": "error_object_200", "body": {}, "execute": True}),
    Answer("200 with an error", {"name": "error_object_200"}),
    Answer("204", {"name": "no_content_204"}),
    Answer("HTML before", {"name": "html_200"}),
    Answer("HTML after", {"name": "html_200", "execute": True}),
    Answer("500 before", {"name": "error_500_before"}),
    Answer("500 after", {"name": "error_500_after"}),
    Answer("503 HTML after", {"name": "error_500_after", "status": 503, "body": "html"}),
    Answer("timeout before", {"name": "timeout_before", "seconds": HOLD}),
    Answer("timeout after", {"name": "timeout_after", "seconds": HOLD}),
    Answer("reset before", {"name": "reset_before"}),
    Answer("reset after", {"name": "reset_after"}),
    Answer("late, 500", {"name": "late_commit", "seconds": LATE, "answer": "error"}),
    Answer("late, reset", {"name": "late_commit", "seconds": LATE, "answer": "reset"}),
    Answer("late, timeout", {"name": "late_commit", "seconds": LATE, "hold": HOLD}),
    Answer("429", {"name": "rate_limited", "style": "none"}),
    Answer("429, 20 s", {"name": "rate_limited", "seconds": 20}, drain_seconds=0.2),
    Answer("503 limit", {"name": "limit_503", "style": "date", "seconds": 20}, drain_seconds=0.2),
    Answer("401", {"name": "key_revoked"}),
    Answer("403", {"name": "forbidden"}),
    Answer("409, made", {"name": "conflict_409"}),
    Answer("409, not made", {"name": "conflict_409", "execute": False}),
    Answer("404", {"name": "not_found"}, is_gone=404),
    Answer("410", {"name": "not_found", "status": 410}, is_gone=410),
    Answer("400", {"name": "validation_refused", "status": 400}),
    Answer("422", {"name": "validation_refused"}),
    Answer("422 thrice", {"name": "validation_refused"}, times=3),
)


@dataclass(frozen=True)
class Case:
    operation: Operation
    answer: Answer

    @property
    def name(self) -> str:
        return f"{self.operation.name} / {self.answer.name}"

    @property
    def scenario(self) -> Scenario:
        return SCENARIOS[self.operation.scenario]

    @property
    def deletes(self) -> str | None:
        """The table whose row somebody deletes just before the operation arrives."""
        return self.operation.gone if self.answer.is_gone else None

    @property
    def fault(self) -> dict[str, Any] | None:
        """The order for the simulated CRM."""
        if self.answer.fault is None or self.deletes:
            return None
        match = {"operation": self.operation.crm}
        return {**self.answer.fault, "match": match, "count": self.answer.times}


def every_case() -> Iterator[Case]:
    """All combinations; what only differs for creates (409 to a PATCH and so on) is kept too."""
    for operation in OPERATIONS:
        for answer in ANSWERS:
            yield Case(operation, answer)
