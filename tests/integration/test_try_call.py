"""What "Try a call" shows is what the workers do: the same call, tried and then really made."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Integration, db
from rules.crm import Client
from rules.trial import TrialCall, events_of
from rules.vocabulary import Direction, Entity
from services.try_call import (
    DRAFT,
    PUBLISHED,
    find_real_client,
    read_rules,
    read_trial_office,
    try_call,
)
from tests.factories import RESPONSIBLE, TASKS, make_settings
from tests.notifications import CLIENT, KNOWN, VIRTUAL_NUMBER

KNOWN_CLIENT = Client("c_501", "Client Sample", (f"+{KNOWN}",), "u_17")
TABLES = {"client": "clients", "lead": "leads", "deal": "deals", "task": "tasks"}
# Written by the CRM itself, or told by ids that exist only when it is really done.
OWN_NAMES = {"source", "type", "due_at"}
BOTH = {
    "incoming": {
        "first": {"create": "lead_and_deal", "owner": "answered_by"},
        "repeat": {"create": "deal", "owner": "finished_by"},
    },
    "outgoing": {"first": {"create": "lead"}, "repeat": {"create": "lead"}},
    "tasks": TASKS,
    "templates": {
        "client": {"name": "{{contact_phone_number|phone}} of {{responsible_name}}"},
        "lead": {"title": "{{client_name}}: {{call_status}} {{talk_duration|duration}}"},
        "task": {"text": '{{direction}} {{call_date}} {{employee_full_name|default:"nobody"}}'},
    },
    "fields": [
        {"id": "f1", "entity": "lead", "target": "talk_seconds", "value": "{{talk_duration}}"},
        {"id": "f2", "entity": "lead", "target": "utm_source", "value": "{{direction}}"},
        {"id": "f3", "entity": "client", "target": "utm_source", "value": "{{call_url}}"},
    ],
}


def tried(server, trial, hits=(), name=PUBLISHED):
    now = server.now()
    with Session(server.engine) as session:
        integration = session.get_one(Integration, server.id)
        office = read_trial_office(session, integration, server.ports.public_base_url)
        rules = read_rules(session, integration)[name]
        return try_call(trial, hits, rules, office, now), office


def make_really(server, trial, office, *, one_by_one):
    for event in events_of(replace(trial, names=office.lists.employee_names), office.around):
        server.notify({"event": event.kind, **event.members})
        if one_by_one:
            server.drain()
    server.pass_time(5)
    server.settle()


def trial_at(now, **members):
    about = {
        "direction": Direction.INBOUND,
        "started_at": (now - timedelta(minutes=4)).replace(microsecond=0),
        "phone": CLIENT,
        "answered_by": "101",
        "finished_by": "102",
        "caller": "102",
        "virtual_number": VIRTUAL_NUMBER,
        **members,
    }
    return TrialCall(**about)


def texts_of(body, row):
    """What was planned, and the same members of what the CRM holds."""
    names = [name for name in body if name not in OWN_NAMES]
    return {name: body[name] for name in names}, {name: row[name] for name in names}


CASES = [
    pytest.param({}, (), id="new client, answered"),
    pytest.param({"is_answered": False}, (), id="new client, lost"),
    pytest.param({"is_transfer": True}, (), id="new client, transferred"),
    pytest.param({"phone": KNOWN}, (KNOWN_CLIENT,), id="known client"),
    pytest.param({"phone": KNOWN, "is_transfer": True}, (KNOWN_CLIENT,), id="known, transferred"),
    pytest.param({"phone": KNOWN, "is_answered": False}, (KNOWN_CLIENT,), id="known, lost"),
    pytest.param({"direction": Direction.OUTBOUND}, (), id="outgoing, answered"),
    pytest.param(
        {"direction": Direction.OUTBOUND, "is_answered": False}, (), id="outgoing, silent"
    ),
    pytest.param(
        {"direction": Direction.OUTBOUND, "is_answered": False, "phone": KNOWN},
        (KNOWN_CLIENT,),
        id="outgoing to a known client, silent",
    ),
]


@pytest.mark.parametrize("one_by_one", [False, True], ids=["at once", "step by step"])
@pytest.mark.parametrize(("members", "hits"), CASES)
def test_the_plan_is_what_happens(server, members, hits, one_by_one):
    server.use(settings=BOTH)
    trial = trial_at(server.now(), **members)

    plan, office = tried(server, trial, hits)
    make_really(server, trial, office, one_by_one=one_by_one)

    made = {kind: server.written(table) for kind, table in TABLES.items()}
    planned = {str(each.entity): each for each in plan.entities}
    assert {kind for kind, rows in made.items() if rows} == set(planned)
    for kind, each in planned.items():
        (row,) = made[kind]
        expected, found = texts_of(each.body, row)
        assert found == expected
    (call,) = server.written("calls")
    for name in ("direction", "status", "client_phone", "participants", "employee", "duration"):
        assert call[name] == plan.history[name]


def test_task_is_due_when_it_was_said_to_be(server):
    server.use(settings=BOTH)
    trial = trial_at(server.now(), is_answered=False)

    plan, office = tried(server, trial)
    make_really(server, trial, office, one_by_one=False)

    (task,) = server.written("tasks")
    planned = datetime.fromisoformat(plan.find(Entity.TASK).body["due_at"])
    assert abs(task["due_at"] / 1000 - planned.timestamp()) < 30


def test_trying_writes_nothing(any_server):
    counts = lambda session: {  # noqa: E731
        table.name: session.scalar(select(func.count()).select_from(table))
        for table in db.metadata.sorted_tables
    }
    with Session(any_server.engine) as session:
        before = counts(session)
    asked = len(any_server.requests())

    tried(any_server, trial_at(any_server.now()))

    with Session(any_server.engine) as session:
        assert counts(session) == before
    assert len(any_server.requests()) == asked


def test_look_up_is_one_read(server):
    asked = len(server.requests())

    with Session(server.engine) as session:
        integration = session.get_one(Integration, server.id)
        hits = find_real_client(session, integration, server.ports, f"+{KNOWN}")

    assert [hit.id for hit in hits] == ["c_501"]
    assert [one["operation"] for one in server.requests()[asked:]] == ["find_clients_by_phone"]


def test_look_up_of_a_silent_crm_is_none(server):
    server.fault("error_500_before", "find_clients_by_phone", count=5)

    with Session(server.engine) as session:
        integration = session.get_one(Integration, server.id)
        assert find_real_client(session, integration, server.ports, KNOWN) is None


def test_broken_draft_is_tried_as_far_as_it_can_be(server):
    broken = make_settings(
        incoming={"first": {"create": "castle", "owner": "from_settings"}},
        templates={"lead": {"title": "{{nobody}}"}},
    )
    server.change(draft=broken)

    with Session(server.engine) as session:
        rules = read_rules(session, session.get_one(Integration, server.id))
    plan, _ = tried(server, trial_at(server.now()), name=DRAFT)

    assert {problem.path for problem in rules[DRAFT].problems} >= {
        "incoming.first.create",
        "templates.lead.title",
    }
    assert plan.verdict.contact.owner_user_id == RESPONSIBLE["incoming_user_id"]
    assert plan.find(Entity.LEAD).body["title"].startswith("Звонок с")


def test_without_a_version_the_defaults_are_tried(server):
    server.use(publish=False, settings={})

    with Session(server.engine) as session:
        rules = read_rules(session, session.get_one(Integration, server.id))

    assert list(rules) == [DRAFT]
