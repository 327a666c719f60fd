"""What a call makes, when it is decided, and that it is decided once."""

from __future__ import annotations

import random
import time

import pytest

from tests.factories import TASKS
from tests.notifications import (
    CLIENT,
    KNOWN,
    answered_call,
    dialled_call,
    event,
    hung_up,
    lost_call,
    record,
    ringing,
    talking,
)

FINISHED_BY = {"incoming": {"first": {"create": "lead", "owner": "finished_by"}}}


# When


def test_lead_stands_while_the_client_is_still_on_the_line(server):
    server.notify(*talking())

    server.drain()

    assert server.audit() == {"clients": 1, "leads": 1}
    assert server.state() == ("waiting", "in_progress")
    assert server.left() == 0


def test_nothing_is_decided_while_it_rings_if_the_answer_matters(server):
    server.notify(*ringing())

    server.drain()

    assert server.audit() == {}
    assert server.show()["decisions"] == []


def test_owner_from_settings_is_decided_at_the_first_event(server):
    server.use(settings={"incoming": {"first": {"owner": "from_settings"}}})
    server.notify(*ringing()[:1])

    server.drain()

    (client,) = server.written("clients")
    assert client["responsible_user_id"] == "u_19"


def test_known_number_that_makes_nothing_is_decided_at_the_first_event(server):
    server.notify(*ringing(contact_phone_number=KNOWN))

    server.drain()

    (decision,) = server.show()["decisions"]
    assert (decision["contact"], decision["create"]) == ("repeat", "nothing")
    assert server.show()["created"]["client_id"] == "c_501"


def test_who_finished_is_decided_at_the_end(server):
    server.use(settings=FINISHED_BY)
    server.notify(*talking())
    server.drain()
    assert server.audit() == {}

    server.notify(*hung_up(employee=102))
    server.drain()

    (lead,) = server.written("leads")
    assert lead["responsible_user_id"] == "u_18"


def test_look_up_is_not_repeated_at_each_event(server):
    server.use(settings=FINISHED_BY)
    for body in answered_call():
        server.notify(body)
        server.drain()

    # Once when a known number would have been decided, once at the end.
    assert len(server.requests("find_clients_by_phone")) <= 2


# Once


def test_settings_published_meanwhile_do_not_change_a_call(any_server):
    any_server.notify(*ringing())
    any_server.drain()

    any_server.publish(incoming={"first": {"create": "deal"}})
    any_server.notify(*answered_call()[2:])
    any_server.notify(*answered_call("2", contact_phone_number="971500000056"))
    any_server.drain()

    assert any_server.show("1")["settings_version"] == 1
    assert any_server.show("2")["settings_version"] == 2
    assert any_server.show("1")["decisions"][0]["create"] == "lead"
    assert any_server.audit() == {"clients": 2, "leads": 1, "deals": 1, "calls": 2}


def test_decision_stands_though_the_facts_have_changed(server):
    server.notify(*talking(employee=101))
    server.drain()

    server.notify(*hung_up(employee=102, first_talked_employee_id=102))
    server.drain()

    (lead,) = server.written("leads")
    assert lead["responsible_user_id"] == "u_17"
    assert "decision_stands" in server.codes()


def test_client_that_appears_later_does_not_change_the_decision(server):
    server.fault("error_500_before", "create_lead", count=1)
    server.notify(*answered_call())
    server.drain()

    server.settle()

    (decision,) = server.show()["decisions"]
    assert decision["contact"] == "first"
    assert len(server.requests("find_clients_by_phone")) == 1


@pytest.mark.parametrize("seed", range(3))
def test_same_notifications_five_times_in_any_order_leave_one_of_everything(any_server, seed):
    dice = random.Random(seed)
    any_server.use(settings={"tasks": TASKS, "incoming": {"first": {"create": "lead_and_deal"}}})
    bodies = 5 * [
        *answered_call("1"),
        record("1"),
        *lost_call("2", contact_phone_number="971500000056"),
        *dialled_call("3", contact_phone_number="971500000057"),
    ]
    dice.shuffle(bodies)
    for start in range(0, len(bodies), 9):
        any_server.notify(*bodies[start : start + 9])
        any_server.drain()

    any_server.settle()

    # The outgoing side makes leads by default.
    assert any_server.audit() == {"clients": 3, "leads": 3, "deals": 2, "tasks": 2, "calls": 3}
    assert {any_server.state(one)[0] for one in "123"} == {"written"}


def test_event_that_arrives_while_the_work_goes_on_is_worked_on(any_server):
    any_server.fault("slow", "create_lead", seconds=0.5, count=1)
    any_server.notify(*talking())
    drain = any_server.make_drain()
    requests = drain._requests
    grant = requests.start

    def start(owners):
        grant(owners)
        if any_server.requests("create_lead") and not posted:
            posted.append(any_server.notify(*hung_up()))

    posted = []
    requests.start = start
    drain.run(time.monotonic() + 15)

    assert posted
    assert any_server.state() == ("written", None)
    assert any_server.audit() == {"clients": 1, "leads": 1, "calls": 1}


# Waiting


def test_unpublished_call_waits_and_publishing_makes_it_due(any_server):
    any_server.use(publish=False)
    any_server.notify(*answered_call())
    any_server.drain()
    assert any_server.state() == ("waiting", "not_published")
    assert any_server.show()["settings_version"] is None
    assert any_server.show()["facts"]["outcome"] == "answered"

    any_server.publish()
    any_server.drain()

    assert any_server.state() == ("written", None)
    assert any_server.show()["settings_version"] == 1
    assert any_server.audit() == {"clients": 1, "leads": 1, "calls": 1}


def test_paused_call_waits_and_runs_under_its_own_version(server):
    server.change(paused_at=server.now())
    server.notify(*answered_call())
    server.drain()
    assert server.state() == ("waiting", "paused")
    server.publish(incoming={"first": {"create": "deal"}})

    server.change(paused_at=None)
    server.make_due("paused")
    server.drain()

    assert server.audit() == {"clients": 1, "leads": 1, "calls": 1}


def test_lost_call_that_comes_first_waits_for_what_it_overtook(server):
    *before, lost = lost_call()
    server.use(settings={"tasks": TASKS})
    server.notify(lost)
    server.drain()
    assert server.state() == ("waiting", "in_progress")
    assert server.left() == 1
    assert server.audit() == {}

    server.notify(*before)
    server.pass_time(3)
    server.drain()

    assert server.state() == ("written", None)
    assert server.audit() == {"clients": 1, "leads": 1, "tasks": 1, "calls": 1}


def test_call_without_an_end_is_closed_after_four_hours(any_server):
    any_server.use(settings={"tasks": TASKS})
    any_server.notify(*ringing())
    any_server.drain()
    any_server.pass_time(4 * 3600 - 10)
    any_server.close_forgotten()
    any_server.drain()
    assert any_server.state() == ("waiting", "in_progress")

    any_server.pass_time(20)
    any_server.close_forgotten()
    any_server.drain()

    (call,), (client,) = any_server.written("calls"), any_server.written("clients")
    assert any_server.show()["facts"]["outcome"] == "unknown"
    assert call["status"] == "unknown"
    assert client["responsible_user_id"] == "u_19"
    assert any_server.audit() == {"clients": 1, "leads": 1, "calls": 1}
    assert any_server.state() == ("written", None)


def test_failed_outgoing_call_makes_a_task_of_the_caller(server):
    server.use(settings={"tasks": TASKS})
    server.notify(*dialled_call())

    server.drain()

    (task,), (call,) = server.written("tasks"), server.written("calls")
    assert task["responsible_user_id"] == "u_18"
    assert (call["direction"], call["status"]) == ("outbound", "no_answer")
    assert server.show()["facts"]["caller"] == "102"


def test_employee_without_a_crm_user_falls_back_and_it_is_told(server):
    server.notify(*answered_call(employee=104))

    server.drain()

    (decision,) = server.show()["decisions"]
    assert decision["owner_user_id"] == "u_19"
    assert decision["fallback"] == "responsible_from_settings"
    assert "employee_unmapped" in server.codes()


def test_earlier_call_is_the_first_if_both_are_ready(server):
    server.use(settings={"incoming": {"repeat": {"create": "lead"}}})
    later = [{**body, "notification_time": "2026-03-01 14:59:00"} for body in answered_call("2")]
    server.notify(*later, *answered_call("1"))

    server.drain()

    assert server.show("1")["decisions"][0]["contact"] == "first"
    assert server.show("2")["decisions"][0]["contact"] == "repeat"


def test_number_that_stays_raw_is_kept_as_digits(server):
    server.notify(*answered_call(contact_phone_number="123456789012345678"))

    server.settle()

    (client,) = server.written("clients")
    assert client["phones"] == ["123456789012345678"]
    assert server.show()["facts"]["client_phone"] == "123456789012345678"


def test_other_facts_of_the_history(server):
    server.notify(*answered_call(), event("tag_set", "1", 90, tag_names=["VIP"]))

    server.drain()

    (call,) = server.written("calls")
    assert call["status"] == "answered"
    assert call["duration"] == {"wait": 10, "talk": 75, "total": 85}
    assert call["employee"] == {"user_id": "u_17", "provider_id": "101", "extension": None}
    assert call["participants"] == [{"user_id": "u_17", "talk": 75}]
    assert call["client_phone"] == f"+{CLIENT}"
    assert call["source"]["tags"] == ["VIP"]
