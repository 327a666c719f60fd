"""What follows after the end of a call: tasks, late values, texts."""

from __future__ import annotations

import pytest

from tests.behomes_crm import is_found
from tests.factories import wait_until
from tests.integration.drained import row
from tests.notifications import (
    CLIENT,
    KNOWN,
    answered_call,
    event,
    hung_up,
    lost_call,
    moment,
    talking,
)

TASKS = {"tasks": {"lost_incoming": {"assign": "from_settings"}}}


def custom_fields(server, entity):
    return [found["custom_fields"] for found in server.written(entity)]


# Tasks


def test_second_lost_call_adds_a_line_to_the_open_task(any_server):
    any_server.use(settings=TASKS)
    any_server.notify(*lost_call("1"))
    any_server.drain()
    any_server.notify(*lost_call("2"))

    any_server.drain()

    (task,) = any_server.written("tasks")
    first, line = task["text"].split("\n")
    assert "14:40:24" in line and "14:40:24" not in first
    assert task["responsible_user_id"] == "u_19"
    assert any_server.show("2")["created"]["task_id"] == task["id"]
    assert any_server.state("2") == ("written", None)


def test_line_is_added_once_though_its_answer_was_lost(any_server):
    any_server.use(settings=TASKS)
    any_server.notify(*lost_call("1"))
    any_server.drain()
    any_server.fault("error_500_after", "update_task", count=2)
    any_server.notify(*lost_call("2"))

    any_server.settle()

    (task,) = any_server.written("tasks")
    assert len(task["text"].split("\n")) == 2


def test_closed_task_gets_a_successor(any_server):
    any_server.use(settings=TASKS)
    any_server.notify(*lost_call("1"))
    any_server.drain()
    (task,) = any_server.written("tasks")
    any_server.by_hand(f"tasks/{task['id']}/patch", status="done")

    any_server.notify(*lost_call("2"))
    any_server.notify(*lost_call("3"))
    any_server.settle()

    closed, successor = any_server.written("tasks")
    assert "\n" not in closed["text"]
    assert len(successor["text"].split("\n")) == 2
    assert any_server.show("2")["created"]["task_id"] == successor["id"]
    assert any_server.show("3")["created"]["task_id"] == successor["id"]


def test_deleted_task_gets_a_successor(server):
    server.use(settings=TASKS)
    server.notify(*lost_call("1"))
    server.drain()
    (task,) = server.written("tasks")
    server.by_hand(f"tasks/{task['id']}/delete")

    server.notify(*lost_call("2"))
    server.settle()

    assert server.audit()["tasks"] == 2
    assert server.state("2") == ("written", None)


def test_two_lost_calls_at_once_share_one_task(any_server):
    any_server.use(settings=TASKS)
    any_server.configure(idempotency="off")
    for number in range(5):
        any_server.notify(
            *[
                b | {"notification_time": f"2026-03-01 14:40:0{number}"}
                for b in lost_call(str(number))
            ]
        )
    any_server.pass_time(3)

    any_server.drain_twice_at_once()
    any_server.settle()

    (task,) = any_server.written("tasks")
    assert len(task["text"].split("\n")) == 5
    assert any_server.audit() == {"clients": 1, "leads": 1, "tasks": 1, "calls": 5}


def test_call_that_made_the_client_finds_the_task_of_a_later_one(any_server):
    incoming = {"first": {"create": "lead", "owner": "from_settings"}}
    any_server.use(settings={**TASKS, "incoming": incoming})
    first = lost_call("1")
    any_server.notify(*first[:2])
    any_server.drain()
    any_server.notify(*lost_call("2"))
    any_server.drain()

    any_server.notify(*first[2:])
    any_server.drain()

    (task,) = any_server.written("tasks")
    assert len(task["text"].split("\n")) == 2


def test_each_lost_call_gets_its_task_without_once_per_client(server):
    rule = {"assign": "from_settings", "once_per_client": False}
    server.use(settings={"tasks": {"lost_incoming": rule}})
    server.notify(*lost_call("1"), *lost_call("2"))

    server.drain()

    assert server.audit()["tasks"] == 2


def test_task_links_to_what_the_call_made(server):
    server.use(settings={**TASKS, "incoming": {"first": {"create": "lead_and_deal"}}})
    server.notify(*lost_call())

    server.drain()

    (task,), (deal,) = server.written("tasks"), server.written("deals")
    assert task["link"] == {"entity": "deal", "id": deal["id"]}


def test_task_of_a_known_client_links_to_him_alone(server):
    server.use(settings=TASKS)
    server.notify(*lost_call(contact_phone_number=KNOWN))

    server.drain()

    (task,) = server.written("tasks")
    assert task["link"] == {"entity": "client", "id": "c_501"}


def test_task_without_a_client_carries_the_phone(server):
    off = {"incoming": {"first": {"create_client": False}}}
    server.use(settings={**TASKS, **off})
    server.notify(*lost_call("1"), *lost_call("2"))

    server.drain()

    (task,) = server.written("tasks")
    assert (task["link"], task["phone"]) == (None, f"+{CLIENT}")
    assert len(task["text"].split("\n")) == 2


# Late values


def test_value_that_is_known_at_the_end_is_filled_in_then(any_server):
    rows = [
        row("lead", "talk_seconds", "{{talk_duration}}"),
        row("lead", "called_number", "{{virtual_phone_number|phone}}"),
        row("lead", "call_details", "{{tags}}"),
        row("client", "talk_seconds", "{{talk_duration}}"),
    ]
    any_server.use(settings={"fields": rows})
    any_server.notify(*talking())
    any_server.drain()
    assert custom_fields(any_server, "leads") == [{"called_number": "97140000001"}]

    any_server.notify(*hung_up(), event("tag_set", "1", 80, tag_names=["VIP", "Hot"]))
    any_server.drain()

    (lead,) = custom_fields(any_server, "leads")
    assert lead == {"called_number": "97140000001", "talk_seconds": 75, "call_details": "Hot, VIP"}
    assert custom_fields(any_server, "clients") == [{"talk_seconds": 75}]
    assert len(any_server.requests("update_lead")) == 1


@pytest.mark.parametrize(("overwrite", "kept"), [(False, 5), (True, 75)])
def test_field_that_is_filled_is_replaced_only_if_wanted(server, overwrite, kept):
    rows = [row("lead", "talk_seconds", "{{talk_duration}}", overwrite=overwrite)]
    server.use(settings={"fields": rows})
    server.notify(*talking())
    server.drain()
    (lead,) = server.written("leads")
    server.by_hand(f"leads/{lead['id']}/patch", custom_fields={"talk_seconds": 5})

    server.notify(*hung_up())
    server.drain()

    assert custom_fields(server, "leads") == [{"talk_seconds": kept}]
    assert ("field_kept" in server.codes()) is not overwrite


@pytest.mark.parametrize(("overwrite", "kept"), [(False, 5), (True, 75)])
def test_row_of_a_client_applies_to_a_known_client(server, overwrite, kept):
    rows = [row("client", "talk_seconds", "{{talk_duration}}", overwrite=overwrite)]
    server.use(settings={"fields": rows})
    server.by_hand("clients/c_501/patch", custom_fields={"talk_seconds": 5})
    server.notify(*answered_call(contact_phone_number=KNOWN))

    server.drain()

    (client,) = server.crm.control("GET", "/_sim/written?all=1")["clients"][:1]
    assert client["custom_fields"]["talk_seconds"] == kept
    assert server.state() == ("written", None)


def test_value_that_does_not_fit_is_left_out_and_told(server):
    rows = [row("lead", "talk_seconds", '{{virtual_number_name|default:"none"}}')]
    server.use(settings={"fields": rows})
    server.notify(*answered_call())

    server.drain()

    assert custom_fields(server, "leads") == [{}]
    assert "field_left_out" in server.codes()
    assert server.state() == ("written", None)


def test_text_with_late_values_is_patched_if_it_is_still_ours(server):
    title = "Talked {{talk_duration|duration}}"
    server.use(settings={"templates": {"lead": {"title": title, "comment": "{{tags}}"}}})
    server.notify(*talking())
    server.drain()
    (before,) = server.written("leads")

    server.notify(*hung_up(tag_names=["VIP"]))
    server.drain()

    (after,) = server.written("leads")
    assert before["title"] != after["title"] == "Talked 1:15"
    assert (before["comment"], after["comment"]) == (None, "VIP")


def test_text_that_a_person_changed_is_kept(server):
    server.use(settings={"templates": {"lead": {"title": "Talked {{talk_duration}}"}}})
    server.notify(*talking())
    server.drain()
    (lead,) = server.written("leads")
    server.by_hand(f"leads/{lead['id']}/patch", title="Penthouse")

    server.notify(*hung_up())
    server.drain()

    assert server.written("leads")[0]["title"] == "Penthouse"
    assert "text_kept" in server.codes()


def test_completion_that_fails_is_done_later(server):
    server.use(settings={"fields": [row("lead", "talk_seconds", "{{talk_duration}}")]})
    server.fault("error_500_before", "update_lead", count=2)
    server.notify(*answered_call()[:3])
    server.drain()
    server.notify(*hung_up())
    server.drain()
    assert server.state() == ("waiting", "retry")

    server.settle()

    assert custom_fields(server, "leads") == [{"talk_seconds": 75}]


def test_a_task_that_the_search_does_not_find_yet_gets_its_line_later(server):
    server.use(settings=TASKS)
    server.fault("search_lag", "create_task", count=1, seconds=3)
    server.notify(*lost_call("1"))
    server.drain()
    (task,) = server.written("tasks")

    server.notify(*lost_call("2"))
    server.drain()
    wait_until(lambda: is_found(server, task))
    server.settle()

    (task,) = server.written("tasks")
    assert len(task["text"].split("\n")) == 2
    assert server.state("2") == ("written", None)


def test_a_line_that_lands_late_takes_no_other_line_away(any_server):
    any_server.use(settings=TASKS)
    any_server.notify(*lost_call("1"))
    any_server.drain()
    any_server.fault("late_commit", "update_task", count=1, seconds=0.8, answer="error")
    any_server.notify(*lost_call("2"))
    any_server.drain()

    any_server.notify(*lost_call("3", notification_time=moment(60)))
    any_server.drain()
    wait_until(lambda: any_server.crm.control("GET", "/_sim/audit")["pending"] == 0)
    any_server.settle()

    (task,) = any_server.written("tasks")
    assert len(task["text"].split("\n")) == 3
    assert {any_server.state(call) for call in "123"} == {("written", None)}
