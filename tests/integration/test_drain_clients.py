"""Who the client of a call is: one of several, nobody, a colleague, somebody to be ignored."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.factories import TASKS
from tests.notifications import (
    KNOWN,
    VIRTUAL_NUMBER,
    answered_call,
    hung_up,
    lost_call,
    talking,
)

# First or repeat


def test_two_calls_of_one_unknown_number_at_once_make_one_client(any_server):
    any_server.use(settings={"incoming": {"repeat": {"create": "lead"}}})
    any_server.configure(idempotency="off", search_lag_phone_seconds=3)
    for number in range(6):
        any_server.notify(*answered_call(str(number)))

    any_server.drain_twice_at_once()

    assert any_server.audit() == {"clients": 1, "leads": 6, "calls": 6}
    contacts = [any_server.show(str(n))["decisions"][0]["contact"] for n in range(6)]
    assert sorted(contacts) == ["first", *["repeat"] * 5]
    (client,) = any_server.written("clients")
    assert {lead["client_id"] for lead in any_server.written("leads")} == {client["id"]}
    assert {call["links"]["client_id"] for call in any_server.written("calls")} == {client["id"]}


def test_call_of_a_client_who_is_still_being_made_is_linked_to_him(any_server):
    any_server.configure(idempotency="off", search_lag_phone_seconds=5)
    any_server.fault("error_500_after", "create_client", count=1)
    any_server.notify(*answered_call("1"))
    any_server.drain()
    any_server.notify(*answered_call("2"))

    any_server.settle()

    (client,) = any_server.written("clients")
    assert any_server.show("2")["decisions"][0]["contact"] == "repeat"
    assert any_server.show("2")["created"]["client_id"] == client["id"]
    assert {call["links"]["client_id"] for call in any_server.written("calls")} == {client["id"]}
    assert any_server.audit() == {"clients": 1, "leads": 1, "calls": 2}


@pytest.mark.parametrize(
    ("seed", "chosen"),
    [
        pytest.param({}, "c_506", id="the-one-with-an-open-lead"),
        pytest.param(
            {"leads": [{"title": "x", "client_id": "c_505"}]}, "c_505", id="both-open-the-oldest"
        ),
    ],
)
def test_several_clients_with_one_number(server, seed, chosen):
    server.crm.control("POST", "/_sim/seed", {"account": server.crm.key, **seed})
    server.notify(*answered_call(contact_phone_number="971500000104"))

    server.drain()

    shown = server.show()
    assert shown["created"]["client_id"] == chosen
    (named,) = [e["values"] for e in shown["trace"] if e["code"].startswith("client_chosen")]
    assert named["others"] == sorted({"c_505", "c_506"} - {chosen})


def test_loose_search_never_attaches_a_stranger(server):
    server.fault("phone_filter_ignored", "find_clients_by_phone")
    server.notify(*answered_call())

    server.drain()

    assert server.show()["decisions"][0]["contact"] == "first"
    assert "hits_rejected" in server.codes()


@pytest.mark.parametrize("spelling", ["0500000102", "500000102", "+971500000102"])
def test_default_country_finds_the_client_in_any_spelling(server, spelling):
    server.notify(*answered_call(contact_phone_number=spelling))

    server.drain()

    assert server.show()["facts"]["client_phone"] == "+971500000102"
    assert server.show()["created"]["client_id"] == "c_503"


# Exempt


@pytest.mark.parametrize("phone", ["0501112233", "+971501112233", "971501112233"])
def test_ignored_number_is_logged_and_makes_nothing(server, phone):
    server.use(settings={"ignore": {"numbers": ["+971 50 111 2233"]}, "tasks": TASKS})
    server.notify(*lost_call(contact_phone_number=phone))

    server.settle()

    assert server.audit() == {"calls": 1}
    assert server.state() == ("written", None)


def test_ignored_number_of_a_client_is_logged_with_the_client(server):
    row = {"id": "f", "entity": "client", "target": "talk_seconds", "value": "{{talk_duration}}"}
    server.use(settings={"ignore": {"numbers": [KNOWN]}, "fields": [row]})
    server.notify(*answered_call(contact_phone_number=KNOWN))

    server.settle()

    (call,) = server.written("calls")
    assert call["links"]["client_id"] == "c_501"
    assert server.written("clients") == []


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"is_internal": True}, id="flag"),
        pytest.param({"contact_phone_number": VIRTUAL_NUMBER}, id="virtual-number"),
    ],
)
def test_internal_call_is_ours_alone(server, members):
    with server.engine.begin() as connection:
        row = "INSERT INTO virtual_number VALUES (:id, :number, NULL, true)"
        connection.execute(text(row), {"id": server.id, "number": VIRTUAL_NUMBER})
    server.notify(*answered_call(**members))

    server.drain()

    assert server.state() == ("skipped", "internal")
    assert server.audit() == {}


def test_call_that_turns_out_to_be_internal_keeps_what_was_made(server):
    server.notify(*talking())
    server.drain()

    server.notify(*hung_up(is_internal=True))
    server.drain()

    assert server.audit() == {"clients": 1, "leads": 1}
    assert "late_internal" in server.codes()
    assert server.left() == 0


@pytest.mark.parametrize("phone", [None, "anonymous", "12345"])
def test_hidden_number_is_logged_without_a_client(server, phone):
    server.use(settings={"tasks": TASKS})
    server.notify(*lost_call(contact_phone_number=phone))

    server.settle()

    assert server.audit() == {"calls": 1}
    (call,) = server.written("calls")
    assert call["links"] == {"client_id": None, "lead_id": None, "deal_id": None}
    assert server.state() == ("written", None)


def test_client_is_not_created_when_switched_off(server):
    server.use(settings={"incoming": {"first": {"create_client": False}}})
    server.notify(*answered_call())

    server.drain()

    assert server.audit() == {"calls": 1}
    assert server.show()["decisions"][0]["contact"] == "first"
