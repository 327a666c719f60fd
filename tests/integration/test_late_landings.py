"""What the CRM's search does not show yet is not gone, and what was sent without an answer may
land later."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from clients.behomes import BehomesClient
from models import CallSession
from models.base import now_ms
from tests.behomes_crm import is_found
from tests.factories import TASKS, wait_until
from tests.notifications import answered_call, hung_up, lost_call, moment, talking


def field(entity):
    return {
        "id": entity,
        "entity": entity,
        "target": "talk_seconds",
        "value": "{{talk_duration}}",
        "overwrite": False,
    }


def rest(server):
    """Wait until the CRM has written all it took, then do everything that is due."""
    wait_until(lambda: server.crm.control("GET", "/_sim/audit")["pending"] == 0)
    server.settle()


@pytest.mark.parametrize("entity", ["lead", "deal"])
def test_what_the_search_does_not_show_yet_is_completed_later(server, entity):
    server.use(
        settings={
            "incoming": {"first": {"create": "lead_and_deal", "owner": "from_settings"}},
            "fields": [field(entity)],
        }
    )
    server.fault("search_lag", f"create_{entity}", count=1, seconds=3)
    server.notify(*talking())
    server.drain()
    server.notify(*hung_up())
    server.drain()
    (made,), (call,) = server.written(f"{entity}s"), server.written("calls")
    assert made["custom_fields"] == {}
    assert call["links"][f"{entity}_id"] == made["id"]

    wait_until(lambda: is_found(server, made, f"{entity}s"))
    server.settle()

    (made,) = server.written(f"{entity}s")
    assert made["custom_fields"] == {"talk_seconds": 75}
    assert server.state() == ("written", None)


def test_what_a_person_deleted_is_let_go_once_the_search_must_show_it(server):
    server.use(settings={"fields": [field("lead")]})
    server.notify(*talking())
    server.drain()
    (lead,) = server.written("leads")
    server.by_hand(f"leads/{lead['id']}/delete")

    server.notify(*hung_up())
    server.settle()

    assert server.show()["created"]["lead_id"] is None
    assert server.state() == ("written", None)


def later(seconds, bodies):
    return [body | {"notification_time": moment(seconds + n)} for n, body in enumerate(bodies)]


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "late_commit", "seconds": 0.8, "answer": "error"},
        {"name": "error_500_before"},
    ],
)
def test_a_miss_after_the_talk_does_not_go_down_with_the_task_that_is_being_closed(
    any_server, fault
):
    any_server.use(settings={"tasks": TASKS})
    any_server.notify(*lost_call("1"))
    any_server.drain()
    any_server.fault(operation="update_task", count=1, **fault)
    any_server.notify(*later(60, answered_call("2")))
    any_server.drain()
    assert any_server.state("2") == ("waiting", "retry")

    any_server.notify(*later(300, lost_call("3")))
    any_server.drain()
    rest(any_server)

    closed, own = any_server.written("tasks")
    assert (closed["status"], own["status"]) == ("done", "open")
    assert len(closed["text"].split("\n")) == 2
    assert any_server.show("3")["created"]["task_id"] == own["id"]
    assert {any_server.state(call) for call in "123"} == {("written", None)}


def test_a_closing_waits_for_a_line_that_may_still_land(any_server):
    any_server.use(settings={"tasks": TASKS})
    any_server.notify(*lost_call("1"))
    any_server.drain()
    any_server.fault("late_commit", "update_task", count=1, seconds=0.8, answer="error")
    any_server.notify(*later(30, lost_call("2")))
    any_server.drain()

    any_server.notify(*later(60, answered_call("3")))
    any_server.drain()
    (task,) = any_server.written("tasks")
    assert task["status"] == "open"
    rest(any_server)

    (task,) = any_server.written("tasks")
    assert task["status"] == "done"
    assert len(task["text"].split("\n")) == 3
    assert {any_server.state(call) for call in "123"} == {("written", None)}


def test_a_crm_that_cannot_be_asked_for_a_task_gets_one_for_each_miss(server, monkeypatch):
    supports = BehomesClient.supports
    monkeypatch.setattr(
        BehomesClient,
        "supports",
        lambda crm, name: name != "search_by_reference" and supports(crm, name),
    )
    server.use(settings={"tasks": TASKS})
    server.notify(*lost_call("1"), *lost_call("2"))

    server.settle()

    assert [task["status"] for task in server.written("tasks")] == ["open", "open"]
    assert [server.state(call) for call in "12"] == [("written", None)] * 2


def test_a_line_leaves_the_making_of_its_task_to_the_call_that_planned_it(any_server):
    any_server.use(settings={"tasks": TASKS})
    any_server.fault("error_500_before", "create_task", count=1)
    any_server.notify(*lost_call("1"))
    any_server.drain()
    any_server.notify(*lost_call("2"))
    any_server.pass_time(400)
    with any_server.engine.begin() as connection:
        connection.execute(update(CallSession).values(leased_until=now_ms() + 60_000))

    any_server.drain()
    any_server.pass_time(10)
    any_server.drain()

    assert any_server.state("2") == ("waiting", "retry")
    assert len(any_server.requests("find_task")) == 0
    assert [w["status"] for w in any_server.show("1")["writes"] if w["kind"] == "task"] == ["sent"]

    any_server.pass_time(60)
    any_server.settle()

    (task,) = any_server.written("tasks")
    assert len(task["text"].split("\n")) == 2
    assert {any_server.state(call) for call in "12"} == {("written", None)}


def test_a_call_decided_before_its_client_had_an_id_finds_the_task_made_under_it(any_server):
    incoming = {"first": {"create": "lead", "owner": "from_settings"}}
    tasks = {"lost_incoming": {"assign": "from_settings", "close_when_reached": False}}
    any_server.use(settings={"tasks": tasks, "incoming": incoming})
    any_server.fault("error_500_before", "create_client", count=1)
    any_server.notify(*answered_call("1"))
    any_server.drain()
    first = lost_call("2")
    any_server.notify(*first[:2])
    any_server.drain()
    assert any_server.show("2")["created"].get("client_id") is None
    any_server.settle()
    any_server.notify(*lost_call("3"))
    any_server.drain()

    any_server.notify(*first[2:])
    any_server.settle()

    (task,) = any_server.written("tasks")
    assert len(task["text"].split("\n")) == 2
