"""What people ask for in a pop-up reaches the CRM once: a client, and a note on the call."""

from __future__ import annotations

import threading

import pytest

from services.ask_client import NoSuchCall, ask_for_client, asked_client
from services.call_notes import save_note
from tests.notifications import CLIENT, KNOWN, answered_call, hung_up, record, ringing, talking

NO_CLIENT = {"incoming": {"first": {"create_client": False}}}


def press(server, call_id="1", user_id="u_18"):
    with server.engine.begin() as connection:
        return ask_for_client(connection, server.id, call_id, by="Agent Two", user_id=user_id)


def stands(server, call_id="1"):
    with server.engine.connect() as connection:
        return asked_client(connection, server.id, call_id)


def note(server, text, call_id="1"):
    with server.engine.begin() as connection:
        return save_note(connection, server.id, call_id, text, by="Agent Two")


def test_client_is_made_once_however_often_it_is_asked_for(any_server):
    server = any_server
    server.use(settings=NO_CLIENT)
    server.notify(*answered_call())
    server.drain()
    assert server.audit() == {"calls": 1}

    presses = [threading.Thread(target=press, args=(server,)) for _ in range(2)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    server.drain_twice_at_once()
    press(server)
    server.drain()

    (client,) = server.written("clients")
    assert server.audit() == {"clients": 1, "calls": 1}
    assert client["phones"] == [f"+{CLIENT}"]
    assert client["responsible_user_id"] == "u_18"
    (entry,) = server.written("calls")
    assert entry["links"]["client_id"] == client["id"]
    assert stands(server).state == "made"
    assert stands(server).client["id"] == client["id"]
    assert server.codes().count("asked_client") == 1


def test_asked_while_a_rule_makes_the_client_there_is_one_and_the_first_contact_stays(server):
    server.notify(*talking())
    press(server)
    server.drain()
    server.notify(*hung_up())
    server.drain()

    assert server.audit() == {"clients": 1, "leads": 1, "calls": 1}
    assert server.written("clients")[0]["responsible_user_id"] == "u_17"
    assert server.show()["decisions"][0]["contact"] == "first"
    assert "asked_client_by_rule" in server.codes()


def test_asked_before_the_drain_has_seen_the_call_the_wish_waits_for_the_rules(server):
    server.use(settings=NO_CLIENT)
    server.notify(*ringing())

    assert press(server).state == "asked"
    server.drain()

    assert server.audit() == {"clients": 1}
    assert server.show()["decisions"][0]["contact"] == "first"


def test_client_known_meanwhile_is_linked_and_none_is_made(server):
    server.use(settings=NO_CLIENT)
    server.notify(*answered_call(contact_phone_number=KNOWN))
    press(server)
    server.drain()

    assert server.audit() == {"calls": 1}
    assert "asked_client_known" in server.codes()
    assert stands(server).client["id"] == "c_501"


def test_who_asks_without_being_a_user_of_the_crm_leaves_it_to_the_settings(server):
    server.use(settings=NO_CLIENT)
    server.notify(*answered_call())
    press(server, user_id=None)
    server.drain()

    assert server.written("clients")[0]["responsible_user_id"] == "u_19"


def test_client_deleted_later_is_not_made_again_by_an_old_wish(server):
    server.use(settings=NO_CLIENT)
    server.notify(*answered_call())
    press(server)
    server.drain()
    client_id = server.written("clients")[0]["id"]
    server.by_hand(f"clients/{client_id}/delete")

    server.notify(record())
    server.drain()

    assert len(server.requests("create_client")) == 1


def test_client_that_behomes_refused_is_sent_again_with_the_same_responsible(server):
    server.use(settings=NO_CLIENT)
    server.notify(*answered_call())
    server.fault("validation_refused", operation="create_client", count=9)
    press(server)
    server.settle()
    assert stands(server).state == "refused"

    server.heal()
    server.replay()
    server.settle()

    assert server.written("clients")[0]["responsible_user_id"] == "u_18"


def test_hidden_number_makes_no_client(server):
    server.notify(*answered_call(contact_phone_number="anonymous"))
    press(server)
    server.drain()

    assert server.audit() == {"calls": 1}
    assert stands(server).state == "hidden"


def test_unknown_call_is_refused(server):
    with pytest.raises(NoSuchCall):
        press(server, "nowhere")

    assert server.audit() == {}


def test_note_reaches_the_entry_of_the_call_with_a_higher_revision(server):
    server.notify(*talking())
    server.drain()
    assert note(server, "  Wants a flat by the sea ")
    server.drain()
    server.notify(*hung_up())
    server.drain()
    (entry,) = server.written("calls")
    assert entry["note"] == "Wants a flat by the sea"

    note(server, "Wants two flats")
    server.drain()
    (again,) = server.written("calls")
    assert again["note"] == "Wants two flats"
    assert again["revision"] == entry["revision"] + 1

    assert note(server, "Wants two flats")
    assert server.left() == 0  # nothing has changed, so nothing is sent
    note(server, " ")
    server.drain()
    assert server.written("calls")[0]["note"] is None
    assert server.row().note_by == "Agent Two"
    assert not note(server, "whose?", "nowhere")
