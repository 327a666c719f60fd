"""What somebody deleted in the CRM is made again, left out, or let go."""

from __future__ import annotations

from tests.notifications import KNOWN, answered_call


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
