"""A call in memory with rows of its ledger, and somebody who answers what its work asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from clients.behomes import BehomesClient
from clients.http import Http
from clients.wire import load_wire
from rules.formats import Regional
from rules.owner import People
from services.call import Call, Write
from services.knobs import Knobs
from services.offices import Office
from services.steps import Lock, Send
from tests.unit.rules.calls import DUBAI, settings

NOW = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)
SETTLE = 120
CRM = BehomesClient(load_wire(), Http([]), "https://crm.example.com", "no-key")
REGIONAL = Regional("en", DUBAI, "AE")


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def make_office(**members):
    return Office(
        **{
            "integration_id": 3,
            "title": "Office",
            "regional": REGIONAL,
            "zone": DUBAI,
            "account_row_id": 7,
            "account_id": "acc_1",
            "reference_key": "reference-key",
            "crm": CRM,
            "has_pbx": False,
            "is_paused": False,
            "restored_at": None,
            "published_version": 1,
            "people": People(),
            "extensions": {},
            "employee_by_email": {},
            "own_numbers": frozenset(),
            "number_names": {},
            "fields": {"client": {}, "lead": {}, "deal": {}},
            **members,
        }
    )


def make_call(*writes, **members):
    """A call whose ledger has these rows."""
    row = SimpleNamespace(
        id=1,
        call_session_id="700",
        started_at=NOW,
        first_seen_at=NOW,
        events_version=4,
        crashes=0,
        written_at=None,
        decision_number=1,
    )
    return Call(
        **{
            "row": row,
            "office": make_office(),
            "settings": settings(),
            "rendering": None,
            "events": [],
            "now": lambda: NOW,
            "knobs": Knobs(SETTLE, 30, "https://our.example.com", "secret"),
            "read_contact": lambda contact: [],
            "read_key": lambda key: None,
            "read_rows": lambda query: [],
            "writes": {write.ledger_key: write for write in writes},
            **members,
        }
    )


def make_write(kind="lead", **columns):
    """A planned row of the ledger."""
    return Write(
        **{
            "ledger_key": f"i3|{kind}|700",
            "reference": f"cg-{kind}",
            "kind": kind,
            "status": "planned",
            "body": {"title": "A call"},
            "links": {},
            "session_row_id": 1,
            "planned_at": NOW,
            **columns,
        }
    )


class Told:
    """Takes down which method of the CRM's client a step would call."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *given, **named: self.calls.append((name, *given, named))


def drive(work, *answers):
    """Answer each question of the work, an exception by raising it; what it asked."""
    asked = []
    try:
        step = next(work)
        for answer in answers:
            asked.append(_told(step))
            step = work.throw(answer) if isinstance(answer, Exception) else work.send(answer)
    except StopIteration:
        return asked
    raise AssertionError(f"one more question: {step}")


def _told(step):
    if isinstance(step, Lock):
        return ("lock", step.key, step.contact)
    assert isinstance(step, Send)
    if step.before:
        step.before()
    told = Told()
    step.call(told)
    return (step.operation, *told.calls[0])


def operations(asked):
    return [each[0] for each in asked]


def traced(call):
    return [(row["code"], row["values"]) for row in call.changes.traces]
