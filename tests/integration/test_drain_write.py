"""What a create meets at the CRM, and what becomes of it."""

from __future__ import annotations

import pytest

from tests.factories import wait_until
from tests.integration.drained import ALL_FOUR, ONE_OF_EACH
from tests.notifications import CLIENT, answered_call, lost_call

CREATES = ("create_client", "create_lead", "create_deal", "create_task")


def test_unknown_number_that_was_answered(any_server):
    any_server.notify(*answered_call())

    any_server.drain()

    shown = any_server.show()
    assert (shown["state"], shown["state_reason"]) == ("written", None)
    assert any_server.audit() == ONE_OF_EACH
    (client,), (lead,), (call,) = (any_server.written(e) for e in ("clients", "leads", "calls"))
    assert client["phones"] == [f"+{CLIENT}"]
    assert client["responsible_user_id"] == lead["responsible_user_id"] == "u_17"
    assert lead["client_id"] == client["id"] == shown["created"]["client_id"]
    assert call["links"] == {"client_id": client["id"], "lead_id": lead["id"], "deal_id": None}
    assert any_server.left() == 0


def test_request_goes_once_when_all_is_well(server):
    server.use(settings=ALL_FOUR)
    server.notify(*lost_call())

    server.drain()

    assert [len(server.requests(operation)) for operation in CREATES] == [1, 1, 1, 1]
    assert len(server.requests("find_clients_by_phone")) == 1


# What may have been executed

UNCLEAR = [
    pytest.param({"name": "error_500_before"}, id="500-before"),
    pytest.param({"name": "error_500_after"}, id="500-after"),
    pytest.param({"name": "error_500_after", "body": "html"}, id="500-html-after"),
    pytest.param({"name": "error_500_before", "status": 503, "body": "empty"}, id="503-empty"),
    pytest.param({"name": "reset_before"}, id="reset-before"),
    pytest.param({"name": "reset_after"}, id="reset-after"),
    pytest.param({"name": "timeout_before", "seconds": 0.2}, id="timeout-before"),
    pytest.param({"name": "timeout_after", "seconds": 0.2}, id="timeout-after"),
    pytest.param({"name": "no_content_204"}, id="204-after"),
    pytest.param({"name": "html_200"}, id="html-before"),
    pytest.param({"name": "html_200", "execute": True}, id="html-after"),
    pytest.param(
        {"name": "error_object_200", "body": {}, "execute": True}, id="empty-object-after"
    ),
]


@pytest.mark.parametrize("fault", UNCLEAR)
def test_unclear_create_is_settled_and_made_once(server, fault):
    server.use(settings=ALL_FOUR)
    server.configure(idempotency="off")
    for operation in CREATES:
        server.fault(**fault, operation=operation, count=1)
    server.notify(*lost_call())

    server.settle(seconds=130)

    assert server.fired(fault["name"]) == 4
    assert server.audit() == {"clients": 1, "leads": 1, "deals": 1, "tasks": 1, "calls": 1}
    assert server.state() == ("written", None)
    assert all(server.show()["created"].values())


def test_unclear_create_is_not_sent_again_before_it_has_settled(any_server):
    any_server.configure(idempotency="off")
    any_server.fault("error_500_before", "create_lead", count=1)
    any_server.notify(*answered_call())

    any_server.drain()
    any_server.pass_time(100)
    any_server.drain()

    assert len(any_server.requests("find_lead")) == 1
    assert len(any_server.requests("create_lead")) == 1
    assert any_server.state() == ("waiting", "settling")
    any_server.pass_time(30)
    any_server.drain()
    assert len(any_server.requests("create_lead")) == 2
    assert any_server.audit() == ONE_OF_EACH


def test_what_was_made_is_found_without_waiting_for_the_settle_time(server):
    server.configure(idempotency="off")
    server.fault("error_500_after", "create_lead", count=1)
    server.notify(*answered_call())

    server.drain()
    server.pass_time(7)
    server.drain()

    assert server.state() == ("written", None)
    assert "write_found" in server.codes()
    assert server.audit() == ONE_OF_EACH


def test_write_that_lands_late_is_found(any_server):
    any_server.configure(idempotency="off")
    any_server.fault("late_commit", "create_client", count=1, seconds=0.6, answer="error")
    any_server.notify(*answered_call())
    any_server.drain()
    assert any_server.state() == ("waiting", "settling")
    any_server.pass_time(10)
    any_server.drain()  # searched before it has landed: nothing found, not sent again

    wait_until(lambda: any_server.crm.control("GET", "/_sim/audit")["pending"] == 0)
    any_server.settle()

    assert any_server.audit() == ONE_OF_EACH
    assert any_server.state() == ("written", None)


def test_search_that_fails_is_asked_again_and_nothing_is_sent(server):
    server.configure(idempotency="off")
    server.fault("error_500_after", "create_lead", count=1)
    server.fault("error_500_before", "find_lead", count=2)
    server.notify(*answered_call())

    server.settle(seconds=130)

    assert server.fired("error_500_before") == 2
    assert server.audit() == ONE_OF_EACH


def test_several_found_are_told_and_the_oldest_counts(server):
    server.fault("duplicate_write", "create_lead", count=1)
    server.fault("error_500_after", "create_lead", count=1)
    server.configure(idempotency="off")
    server.notify(*answered_call())
    server.drain()
    found = server.written("leads")

    server.settle()

    assert server.show()["created"]["lead_id"] == found[0]["id"]


def test_conflict_is_success_that_is_found(any_server):
    any_server.fault("conflict_409", "create_lead", count=1)
    any_server.notify(*answered_call())

    any_server.settle()

    assert any_server.audit() == ONE_OF_EACH
    assert any_server.state() == ("written", None)


@pytest.mark.parametrize("idempotency", ["on", "conflict"])
def test_client_whom_a_person_made_meanwhile_is_taken(server, idempotency):
    server.configure(idempotency=idempotency)
    server.fault("error_500_before", "create_client", count=1)
    server.notify(*answered_call())
    server.drain()
    seed = {"account": server.crm.key, "clients": [{"name": "By hand", "phones": [f"+{CLIENT}"]}]}
    server.crm.control("POST", "/_sim/seed", seed)

    server.settle()

    (lead,) = server.written("leads")
    assert "clients" not in server.audit()
    assert server.show()["created"]["client_id"] == lead["client_id"]
    assert server.state() == ("written", None)


# What was surely not executed


@pytest.mark.parametrize("name", ["rate_limited", "limit_503"])
@pytest.mark.parametrize("style", ["seconds", "date", "none"])
def test_too_fast_is_tried_again_without_a_search(server, name, style):
    server.fault(name, "create_lead", style=style, seconds=20, count=1)
    server.notify(*answered_call())
    server.drain(seconds=0.3)
    assert server.state() == ("waiting", "retry")
    assert server.write("lead")["status"] == "planned"

    server.pass_time(30)
    server.settle(seconds=30)

    assert server.requests("find_lead") == []
    assert server.audit() == ONE_OF_EACH
    assert server.write("lead")["attempts"] == 1


def test_whole_account_waits_as_long_as_the_limit_says(server):
    server.fault("rate_limited", "find_clients_by_phone", seconds=60, count=1)
    server.notify(*answered_call("1"))
    server.drain(seconds=0.3)

    server.notify(*answered_call("2", contact_phone_number="971500000056"))
    server.drain(seconds=0.5)

    assert len(server.requests("find_clients_by_phone")) == 1
    server.pass_time(70)
    server.settle()
    assert server.audit() == {"clients": 2, "leads": 2, "calls": 2}


def test_refused_connection_burns_nothing(any_server):
    any_server.notify(*answered_call())
    away = any_server.crm.url
    any_server.change(behomes_base_url="http://127.0.0.1:9")
    any_server.reach("127.0.0.1:9")
    any_server.drain()
    assert any_server.state() == ("waiting", "retry")

    any_server.change(behomes_base_url=away)
    any_server.settle()

    assert any_server.audit() == ONE_OF_EACH
    assert any_server.state() == ("written", None)
