"""Cards of ringing calls: from the notification to the events of the consoles."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Card, ConsoleEvent, CrmAccount, KnownClient, writer_turn
from services.cards import LiveCards
from tests.factories import wait_until
from tests.live_calls import ended, rings, told
from tests.notifications import CLIENT


@pytest.fixture
def live(any_server):
    cards = LiveCards(any_server.engine, any_server.ports)
    yield cards
    cards.close(wait=True)


def card(server, call_id="1"):
    with Session(server.engine) as session:
        found = session.scalar(select(Card).where(Card.call_session_id == call_id))
        if found is not None:
            session.expunge(found)
        return found


def views(server, employee, call_id="1"):
    """What the consoles of an employee were told of a call, oldest first."""
    with Session(server.engine) as session:
        query = select(ConsoleEvent.data).where(
            ConsoleEvent.kind == "card", ConsoleEvent.employee_id == employee
        )
        rows = session.scalars(query.order_by(ConsoleEvent.id)).all()
    return [data for data in rows if data["call"] == call_id]


def until_crm_answered(server, live, call_id="1"):
    def is_answered():
        live.step()
        return card(server, call_id).crm_state != "asking"

    wait_until(is_answered)


def test_card_comes_at_once_and_is_completed_by_the_crm(any_server, live):
    any_server.notify(told("incoming_call", scenario_name="Main line"), rings(101), rings(102))

    assert live.step()
    (first,) = views(any_server, "101")
    until_crm_answered(any_server, live)
    second = views(any_server, "102")[-1]

    assert (first["state"], first["crm_state"], first["client"]) == ("ringing", "asking", None)
    assert (first["phone"], first["is_hidden"]) == ("+12025550143", False)
    assert (first["source"]["scenario"], first["rules_create"]) == ("Main line", True)
    assert first["announce_until"] - first["rang_at"] == 60_000
    assert (second["version"], second["crm_state"]) == (2, "known")
    assert second["client"]["id"] == "c_501" and second["client"]["responsible_user_id"] == "u_17"
    assert second["client"]["responsible"]
    with Session(any_server.engine) as session:
        assert session.scalar(select(KnownClient.client_id)) == "c_501"


def test_answer_end_and_the_crms_own_pop_up(any_server, live):
    any_server.notify(rings(101), rings(102))
    live.step()
    any_server.notify(told("talk_started", employee_id=101, leg_ids=[1]))
    live.step()
    any_server.notify(ended(employee_id=101))
    live.step()

    assert [each["state"] for each in views(any_server, "102")][-1] == "withdrawn"
    assert [each["state"] for each in views(any_server, "101")][-1] == "ended"

    def is_all_told():
        live.step()
        return set(card(any_server).told.values()) == {"done"}

    wait_until(is_all_told)
    news = {each["event"]: sorted(each["user_ids"]) for each in any_server.written("call_events")}
    assert news == {"ringing": ["u_17", "u_18"], "answered": ["u_17"], "ended": ["u_17"]}
    assert len(any_server.written("call_events")) == 3


def test_two_processes_make_one_card_and_tell_the_crm_once(any_server):
    both = [LiveCards(any_server.engine, any_server.ports) for _ in range(2)]
    for call_id in ("1", "2", "3"):
        any_server.notify(rings(101, call_id), rings(102, call_id))
    steps = [threading.Thread(target=each.step) for each in both]
    for step in steps:
        step.start()
    for step in steps:
        step.join()
    any_server.notify(*(told("talk_started", c, employee_id=101, leg_ids=[1]) for c in "123"))

    def is_all_told():
        for each in both:
            each.step()
        cards = [card(any_server, call_id) for call_id in "123"]
        return all(
            each.told == {"ringing": "done", "answered": "done"} and each.crm_state == "known"
            for each in cards
        )

    wait_until(is_all_told)
    for call_id in "123":
        versions = [each["version"] for each in views(any_server, "101", call_id)]
        assert versions == sorted(set(versions)), "a version of a card was told twice"
    assert len(any_server.written("call_events")) == 6
    for each in both:
        each.close()


@pytest.fixture
def alone(server):
    cards = LiveCards(server.engine, server.ports)
    yield cards
    cards.close(wait=True)


def test_card_says_when_the_crm_does_not_answer(server, alone):
    server.fault("error_500_before", "find_clients_by_phone", count=5)
    server.notify(rings(101))

    alone.step()
    until_crm_answered(server, alone)

    assert [each["crm_state"] for each in views(server, "101")] == ["asking", "away"]


def test_slow_crm_keeps_no_other_card_waiting(server, alone):
    server.configure(latency_seconds=3)
    server.notify(rings(101, "1"))
    alone.step()
    server.notify(rings(101, "2", phone=CLIENT))

    alone.step()

    assert views(server, "101", "2")[0]["state"] == "ringing"
    until_crm_answered(server, alone)
    assert card(server).crm_state == "away"
    server.configure(latency_seconds=0)


def test_broken_connection_to_the_crm_is_not_asked_at_all(server, alone):
    with server.engine.begin() as connection:
        connection.execute(update(CrmAccount).values(breaker="open"))
    before = len(server.requests())
    server.notify(rings(101))

    alone.step()

    assert [each["crm_state"] for each in views(server, "101")] == ["away"]
    assert card(server).told == {"ringing": "dropped"}
    assert len(server.requests()) == before


def test_killed_process_is_followed_by_one_that_goes_on(server):
    first = LiveCards(server.engine, server.ports)
    server.notify(rings(101, "1"), rings(102, "1"))
    first.step()
    first.close()
    server.notify(told("talk_started", "1", employee_id=102, leg_ids=[1]), rings(101, "2"))

    second = LiveCards(server.engine, server.ports)
    second.step()

    assert views(server, "101", "1")[-1]["state"] == "withdrawn"
    assert views(server, "101", "2")[-1]["state"] == "ringing"
    second.close()


def test_look_up_that_died_with_its_process_is_begun_again(server, alone):
    alone.step()
    server.notify(rings(101))
    alone.step()
    with server.engine.begin() as connection:
        connection.execute(update(Card).values(crm_state="asking", client=None))
    server.pass_time(10)

    after = LiveCards(server.engine, server.ports)
    after.step()
    until_crm_answered(server, after)

    assert card(server).crm_state == "known"
    after.close(wait=True)


def test_crm_that_answers_again_completes_the_card(server, alone, monkeypatch):
    monkeypatch.setattr("services.cards.LOOK_AFTER_SECONDS", 0.0)
    server.fault("error_500_before", "find_clients_by_phone", count=5)
    server.notify(rings(101))
    until_crm_answered(server, alone)
    assert card(server).crm_state == "away"

    server.heal()
    server.pass_time(10)
    wait_until(lambda: alone.step() is None or card(server).crm_state == "known")

    assert views(server, "101")[-1]["client"]["id"] == "c_501"


def test_caller_who_becomes_a_client_meanwhile_is_shown_as_one(server, alone, monkeypatch):
    monkeypatch.setattr("services.cards.LOOK_AFTER_SECONDS", 0.0)
    server.notify(rings(101, phone="971501112233"))
    until_crm_answered(server, alone)
    assert card(server).crm_state == "unknown"

    server.notify(told("talk_started", phone="971501112233", employee_id=101))
    server.drain()

    def is_shown():
        alone.step()
        return card(server).crm_state == "known"

    wait_until(is_shown)
    assert views(server, "101")[-1]["client"]["id"] == server.written("clients")[0]["id"]


def test_old_calls_are_not_news(server, alone):
    server.notify(rings(101, "1", ago=90), rings(101, "2", ago=300), ended("2", ago=200))

    alone.step()

    (view,) = views(server, "101", "1")
    assert view["announce_until"] < server.now().timestamp() * 1000
    assert card(server, "2") is None
    assert card(server, "1").told == {}


def test_paused_office_still_sees_who_calls(server, alone):
    server.change(paused_at=server.now())
    server.notify(rings(101))

    alone.step()

    (view,) = views(server, "101")
    assert (view["state"], view["rules_create"]) == ("ringing", False)


def test_hidden_number_is_said_and_not_asked_for(server, alone):
    server.notify(rings(101, phone="anonymous"))

    alone.step()

    (view,) = views(server, "101")
    assert (view["is_hidden"], view["phone"], view["crm_state"]) == (True, None, "hidden")


def test_index_and_our_own_calls_are_known_at_once(server, alone):
    server.notify(rings(101, "1"), told("talk_started", "1", employee_id=101), ended("1"))
    alone.step()
    until_crm_answered(server, alone)
    server.drain()
    server.notify(rings(102, "2"))

    alone.step()

    (view,) = views(server, "102", "2")
    assert (view["crm_state"], view["client"]["id"]) == ("known", "c_501")
    (last,) = view["last_calls"]
    assert (last["call"], last["outcome"]) == ("1", "answered")


def test_call_whose_end_never_came_is_closed(server, alone):
    server.notify(rings(101))
    alone.step()
    server.pass_time(700)

    after = LiveCards(server.engine, server.ports)
    after.step()

    assert card(server).state in ("ended", "lost")
    assert views(server, "101")[-1]["state"] != "ringing"
    after.close(wait=True)


def test_card_that_could_not_be_stored_comes_a_moment_later(server, alone, monkeypatch):
    server.notify(rings(101))
    monkeypatch.setattr(writer_turn, "PATIENCE_SECONDS", 0.05)
    with server.engine.begin():  # somebody else is writing
        alone.step()
    assert card(server) is None

    alone.step()

    assert card(server).state == "ringing"


@pytest.mark.parametrize(("failures", "result"), [(1, "done"), (2, "server_error")])
def test_crms_pop_up_is_told_again_once_and_then_never(server, alone, failures, result):
    server.fault("error_500_before", "create_call_event", count=failures)
    server.notify(rings(101))

    def is_told():
        alone.step()
        return card(server) is not None and card(server).told.get("ringing") != "sent"

    wait_until(is_told)
    assert card(server).told["ringing"] == result
    assert len(server.requests("create_call_event")) == 2
