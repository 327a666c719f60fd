"""What the CRM refuses is set aside and told; a refused key and a CRM that is away drop nothing."""

from __future__ import annotations

import pytest

from tests.integration.drained import ALL_FOUR, LEAD_AND_DEAL, ONE_OF_EACH
from tests.notifications import answered_call, lost_call

# What the CRM refuses


@pytest.mark.parametrize("status", [400, 422])
def test_refused_data_is_set_aside_after_three_and_told(any_server, status):
    any_server.use(settings=LEAD_AND_DEAL)
    any_server.fault(
        "validation_refused", "create_lead", status=status, field="title", code="too_rude"
    )
    any_server.notify(*answered_call())

    any_server.settle()

    lead = any_server.write("lead")
    assert any_server.state() == ("failed", "write_refused")
    assert (lead["status"], lead["attempts"]) == ("dead", 3)
    assert lead["error"]["message"] == "the data was refused"
    assert lead["error"]["details"] == [{"field": "title", "code": "too_rude", "message": ""}]
    assert any_server.left() == 0
    # The neighbours go on.
    assert any_server.audit() == {"clients": 1, "deals": 1, "calls": 1}


def test_other_calls_are_not_held_up_by_a_refused_one(server):
    server.fault("validation_refused", "create_lead", count=3)
    server.notify(*answered_call("1"))
    server.settle()

    server.notify(*answered_call("2", contact_phone_number="971500000056"))
    server.drain()

    assert (server.state("1")[0], server.state("2")[0]) == ("failed", "written")


def test_replay_sends_what_was_set_aside_with_todays_settings(any_server):
    any_server.use(settings={**LEAD_AND_DEAL, "templates": {"lead": {"title": "Bad"}}})
    any_server.fault("validation_refused", "create_lead", count=3)
    any_server.notify(*answered_call())
    any_server.settle()
    any_server.publish(**LEAD_AND_DEAL, templates={"lead": {"title": "Good"}})

    replayed = any_server.replay("1")
    any_server.settle()

    (lead,), (deal,), (call,) = (any_server.written(e) for e in ("leads", "deals", "calls"))
    assert replayed == 1
    assert lead["title"] == "Good"
    assert deal["lead_id"] == lead["id"]
    assert call["links"]["lead_id"] == lead["id"]
    assert any_server.state() == ("written", None)
    assert any_server.show()["settings_version"] == 1
    assert any_server.replay() == 0


def test_replay_of_a_client_makes_all_that_waited_for_him(server):
    server.use(settings=ALL_FOUR)
    server.fault("validation_refused", "create_client", count=3)
    server.notify(*lost_call())
    server.settle()
    assert server.audit() == {"calls": 1}

    server.replay()
    server.settle()

    assert server.audit() == {"clients": 1, "leads": 1, "deals": 1, "tasks": 1, "calls": 1}
    (call,) = server.written("calls")
    assert all(call["links"].values())


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("create_lead", "lead"), ("put_call", "call"), ("create_client", "client")],
)
def test_missing_scope_is_named(server, operation, kind):
    server.fault("scope_missing", operation)
    server.notify(*answered_call())

    server.settle()

    assert server.state() == ("failed", "forbidden")
    assert "scope" in server.write(kind)["error"]["message"]
    server.heal()
    server.replay()
    server.settle()
    assert server.audit() == ONE_OF_EACH


def test_look_up_without_scope_fails_and_names_it(server):
    server.fault("scope_missing", "find_clients_by_phone")
    server.notify(*answered_call())

    server.settle(rounds=3)

    assert server.state() == ("failed", "forbidden")
    assert server.left() == 0
    server.heal()
    server.replay()
    server.settle()
    assert server.audit() == ONE_OF_EACH


# The key


def test_refused_key_drops_nothing_and_burns_nothing(any_server):
    any_server.notify(*answered_call("1")[:3])
    any_server.drain()
    any_server.crm.control("POST", f"/_sim/accounts/{any_server.crm.key}", {"revoked": True})
    any_server.notify(*answered_call("1")[3:])
    any_server.notify(*answered_call("2", contact_phone_number="971500000056"))

    any_server.drain()
    requests = len(any_server.requests())
    any_server.pass_time(3600)
    any_server.drain()

    assert any_server.breaker() == "key"
    assert any_server.state("1") == any_server.state("2") == ("waiting", "key_refused")
    assert len(any_server.requests()) == requests
    assert any_server.show("2")["facts"]["outcome"] == "answered"
    new = {"key": "new-key", "revoked": False}
    any_server.crm.control("POST", f"/_sim/accounts/{any_server.crm.key}", new)
    any_server.connect(behomes={"base_url": any_server.crm.url, "api_key": "new-key"})
    any_server.settle()
    assert any_server.breaker() == "closed"
    assert any_server.audit() == {"clients": 2, "leads": 2, "calls": 2}
    assert {w["attempts"] for w in any_server.show("2")["writes"]} == {1}


def test_refused_key_at_a_create_plans_it_again(any_server):
    any_server.configure(idempotency="off")
    any_server.fault("key_revoked", "create_lead", count=1)
    any_server.notify(*answered_call())
    any_server.drain()
    assert any_server.breaker() == "key"
    assert (any_server.write("lead")["status"], any_server.write("lead")["attempts"]) == (
        "planned",
        0,
    )

    any_server.pass_time(60)
    any_server.probe()
    any_server.drain()

    assert any_server.breaker() == "closed"
    assert any_server.audit() == ONE_OF_EACH


# The CRM is away


def test_breaker_opens_probes_and_drains(any_server):
    any_server.configure(idempotency="off")
    any_server.fault("error_500_before")
    phones = [f"9715000009{number:02}" for number in range(8)]
    for number, phone in enumerate(phones):
        any_server.notify(*answered_call(str(number), contact_phone_number=phone))

    any_server.drain()
    asked = len(any_server.requests())
    any_server.drain()

    assert any_server.breaker() == "open"
    assert len(any_server.requests()) == asked
    any_server.pass_time(16)
    any_server.probe()
    assert any_server.breaker() == "open"
    any_server.heal()
    any_server.pass_time(16)
    any_server.probe()
    any_server.drain()
    assert any_server.breaker() == "closed"
    assert any_server.audit() == {"clients": 8, "leads": 8, "calls": 8}
    assert {any_server.state(str(number)) for number in range(8)} == {("written", None)}


def test_nothing_is_written_before_the_account_is_known(server):
    server.fault("error_500_before", "get_account")
    server.use()
    server.notify(*answered_call())
    server.drain()
    assert (server.breaker(), server.state()) == ("new", ("waiting", "crm_unknown"))
    assert server.audit() == {}

    server.heal()
    server.pass_time(16)
    server.probe()
    server.drain()

    assert server.audit() == ONE_OF_EACH
