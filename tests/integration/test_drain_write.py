"""What a create meets at the CRM, and what becomes of it."""

from __future__ import annotations

import pytest

from tests.factories import wait_until
from tests.notifications import CLIENT, KNOWN, answered_call, lost_call

ONE_OF_EACH = {"clients": 1, "leads": 1, "calls": 1}
LEAD_AND_DEAL = {"incoming": {"first": {"create": "lead_and_deal"}, "repeat": {"create": "lead"}}}
CREATES = ("create_client", "create_lead", "create_deal", "create_task")
ALL_FOUR = {
    "incoming": {"first": {"create": "lead_and_deal", "owner": "from_settings"}},
    "tasks": {"lost_incoming": {"assign": "from_settings"}},
}


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


# What is gone


def test_our_client_who_was_deleted_is_made_again_for_a_first_contact(any_server):
    any_server.fault("rate_limited", "create_lead", style="none", count=1)
    any_server.notify(*answered_call())
    any_server.drain()
    (client,) = any_server.written("clients")
    any_server.by_hand(f"clients/{client['id']}/delete")

    any_server.settle()

    old, new = any_server.written("clients")
    (lead,), (call,) = any_server.written("leads"), any_server.written("calls")
    assert old["external_id"] != new["external_id"]
    assert lead["client_id"] == new["id"] == call["links"]["client_id"]
    assert any_server.state() == ("written", None)
    assert "client_gone" in any_server.codes()


def test_known_client_who_was_deleted_leaves_the_call_unlinked(any_server):
    any_server.use(settings={"incoming": {"repeat": {"create": "lead"}}})
    any_server.fault("rate_limited", "create_lead", style="none", count=1)
    any_server.notify(*answered_call(contact_phone_number=KNOWN))
    any_server.drain()
    any_server.by_hand("clients/c_501/delete")

    any_server.settle()

    (lead,), (call,) = any_server.written("leads"), any_server.written("calls")
    assert lead["client_id"] is None
    assert call["links"] == {"client_id": None, "lead_id": lead["id"], "deal_id": None}
    assert any_server.state() == ("written", None)


def test_vanished_client_is_looked_up_once_more(server):
    server.use(settings={"incoming": {"repeat": {"create": "lead"}}})
    server.fault("rate_limited", "create_lead", style="none", count=1)
    server.notify(*answered_call(contact_phone_number=KNOWN))
    server.drain()
    server.by_hand("clients/c_501/delete")
    seed = {"clients": [{"id": "c_600", "name": "Merged", "phones": [f"+{KNOWN}"]}]}
    server.crm.control("POST", "/_sim/seed", {"account": server.crm.key, **seed})

    server.settle()

    (lead,), (call,) = server.written("leads"), server.written("calls")
    assert lead["client_id"] == call["links"]["client_id"] == "c_600"


def test_next_first_contact_after_a_deletion_makes_a_new_client(any_server):
    any_server.notify(*answered_call("1"))
    any_server.drain()
    (client,) = any_server.written("clients")
    any_server.by_hand(f"clients/{client['id']}/delete")
    any_server.pass_time(3600)

    any_server.notify(*answered_call("2"))
    any_server.drain()

    _, new = any_server.written("clients")
    assert any_server.show("2")["created"]["client_id"] == new["id"]
    assert any_server.show("2")["decisions"][0]["contact"] == "first"


def test_client_who_was_deleted_during_the_call_is_made_again_for_its_history(server):
    server.notify(*answered_call()[:3])
    server.drain()
    (client,) = server.written("clients")
    server.by_hand(f"clients/{client['id']}/delete")

    server.notify(*answered_call()[3:])
    server.settle()

    _, again = server.written("clients")
    (lead,), (call,) = server.written("leads"), server.written("calls")
    assert call["links"] == {"client_id": again["id"], "lead_id": lead["id"], "deal_id": None}
    assert server.state() == ("written", None)


def test_lead_that_was_deleted_during_the_call_is_left_out_of_its_history(server):
    server.notify(*answered_call()[:3])
    server.drain()
    (lead,) = server.written("leads")
    server.by_hand(f"leads/{lead['id']}/delete")

    server.notify(*answered_call()[3:])
    server.settle()

    (client,), (call,) = server.written("clients"), server.written("calls")
    assert call["links"] == {"client_id": client["id"], "lead_id": None, "deal_id": None}
    assert server.state() == ("written", None)


def test_what_was_deleted_before_its_completion_is_let_go(server):
    row = {"id": "f1", "entity": "lead", "target": "talk_seconds", "value": "{{talk_duration}}"}
    server.use(settings={"fields": [row]})
    server.notify(*answered_call()[:3])
    server.drain()
    (lead,) = server.written("leads")
    server.by_hand(f"leads/{lead['id']}/delete")

    server.notify(*answered_call()[3:])
    server.settle()

    assert server.state() == ("written", None)


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
