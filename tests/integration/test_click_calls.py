"""Calls by a click against a simulated PBX: dialled once, answered from the store, counted."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.callgear import CallGearClient
from models import ClickCall, ConsoleEvent
from services.cards import LiveCards
from services.click_calls import Wanted, ask_call
from tests.callgear import CALL, DATA, TOKEN
from tests.notifications import event

CLIENT = "+971500000077"


@pytest.fixture
def pbx(pbx):
    pbx.control("POST", "/_sim/config", {"speed": 0})
    return pbx


def join(server, pbx, **settings):
    """Give the server's integration a PBX and settings of calls by a click."""
    server.reach(pbx.url.removeprefix("http://"))
    callgear = {
        "data_api_url": pbx.url + DATA,
        "call_api_url": pbx.url + CALL,
        "access_token": TOKEN,
    }
    server.use(callgear=callgear, settings={"outgoing": {"click_to_call": settings}})
    return server


@pytest.fixture
def office(server, pbx):
    return join(server, pbx)


@pytest.fixture
def any_office(any_server, pbx):
    return join(any_server, pbx)


def ask(server, body=None, *, key=None, **members):
    body = {"request_id": "r-1", "user_id": "u_17", "phone": CLIENT, **members, **(body or {})}
    headers = {"Authorization": f"Bearer {key or server.made.api_key}"}
    return server.app.test_client().post("/api/v1/calls", json=body, headers=headers)


def click(server, request_id="s-1", phone=CLIENT):
    """The service itself, in a session of its own."""
    wanted = Wanted(server.id, request_id, phone, "api", crm_user_id="u_17")
    with Session(server.engine) as session:
        return ask_call(session, wanted, server.ports)


def together(count, work):
    """Run `work(index)` at the same moment in so many threads."""
    gate, found = threading.Barrier(count), []

    def run(index):
        gate.wait()
        found.append(work(index))

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def dialled(pbx):
    return pbx.control("GET", "/_sim/dialed")["dialed"]


def rows(server):
    with Session(server.engine) as session:
        found = session.scalars(select(ClickCall).order_by(ClickCall.id)).all()
        session.expunge_all()
        return found


def code(answer):
    return answer.json["error"]["code"]


def test_dials_out_from_the_first_active_number_and_tells_the_call(office, pbx):
    answer = ask(office, links={"deal_id": "d_7", "other": "x"}, unknown="ignored")

    (order,) = dialled(pbx)
    assert answer.status_code == 202
    assert answer.json == {"request_id": "r-1", "call_session_id": str(order["call_session_id"])}
    assert order["params"] == {
        "first_call": "employee",
        "virtual_phone_number": "97140000001",
        "contact": "971500000077",
        "employee": {"id": 101},
        "direction": "out",
        "external_id": "r-1",
    }
    (row,) = rows(office)
    assert (row.state, row.progress, row.phone) == ("dialing", "calling_employee", CLIENT)
    assert row.links == {"deal_id": "d_7"}
    assert "Set-Cookie" not in answer.headers


def test_repeated_request_gets_the_first_answer_whatever_it_says(office, pbx):
    first = ask(office)

    again = ask(office, phone="+442079460000", user_id="u_18")

    assert (again.status_code, again.json) == (200, first.json)
    assert len(dialled(pbx)) == 1


@pytest.mark.parametrize(
    ("members", "status", "word"),
    [
        ({"user_id": "u_404"}, 404, "user_unknown"),
        ({"user_id": "u_20"}, 404, "user_unmapped"),
        ({"phone": "+442079460000"}, 422, "country_not_allowed"),
        ({"phone": "00881612345678"}, 422, "number_satellite"),
        ({"phone": "999"}, 422, "number_short"),
        ({"phone": "hello"}, 422, "number_invalid"),
        ({"phone": "+97140000002"}, 422, "number_own"),
    ],
)
def test_what_the_rules_refuse_is_never_dialled_also_later(office, pbx, members, status, word):
    first, again = ask(office, **members), ask(office)

    assert (first.status_code, code(first)) == (status, word)
    assert (again.status_code, again.json) == (status, first.json)
    assert dialled(pbx) == []


def test_pbx_refusal_is_told_in_its_own_word_and_kept(office, pbx):
    fault = {"mnemonic": "no_active_phone_number"}
    pbx.control("POST", "/_sim/faults", {"name": "rpc_error", "count": 1, **fault})

    first, again = ask(office), ask(office)

    assert (first.status_code, code(first)) == (502, "no_active_phone_number")
    assert (again.status_code, again.json) == (502, first.json)
    assert dialled(pbx) == []


def test_lost_answer_is_an_unknown_outcome_and_never_dialled_again(office, pbx):
    match = {"operation": "start.employee_call"}
    pbx.control("POST", "/_sim/faults", {"name": "reset_after", "count": 1, "match": match})

    first, again = ask(office), ask(office)

    assert (first.status_code, code(first)) == (504, "unknown_outcome")
    assert (again.status_code, again.json) == (504, first.json)
    assert len(dialled(pbx)) == 1  # it was carried out all the same
    assert rows(office)[0].state == "unclear"


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours catches it."""


def test_killed_while_the_pbx_is_asked_is_in_progress_and_then_unknown(office, pbx, monkeypatch):
    ask_pbx = CallGearClient.start_employee_call

    def die(*arguments, **named):
        ask_pbx(*arguments, **named)
        raise Killed

    monkeypatch.setattr(CallGearClient, "start_employee_call", die)
    with pytest.raises(Killed):
        click(office, "r-1")
    monkeypatch.undo()

    early = ask(office)
    office.pass_time(41)
    late, later = ask(office), ask(office)

    assert (early.status_code, code(early)) == (409, "in_progress")
    assert (late.status_code, code(late)) == (504, "unknown_outcome")
    assert (later.status_code, later.json) == (504, late.json)
    assert len(dialled(pbx)) == 1


def test_without_a_pbx_or_a_number_it_says_so(server, pbx):
    server.use()
    assert (ask(server).status_code, code(ask(server))) == (422, "no_virtual_number")
    server.use(settings={"outgoing": {"click_to_call": {"virtual_number": "+97140000001"}}})
    assert (ask(server).status_code, code(ask(server))) == (502, "pbx_not_connected")


def test_same_request_many_times_at_once_dials_once(any_office, pbx):
    found = together(6, lambda index: click(any_office, "same"))

    assert sorted({answer.status for answer in found} - {200, 409}) == [202]
    assert sum(answer.status == 202 for answer in found) == 1
    assert len(dialled(pbx)) == 1


def test_calls_at_once_do_not_pass_a_limit_together(any_server, pbx):
    office = join(any_server, pbx, caps={"number_per_hour": 2})

    found = together(6, lambda index: click(office, f"r-{index}"))

    assert sorted(answer.status for answer in found) == [202, 202, 429, 429, 429, 429]
    assert {answer.error for answer in found} == {None, "number_cap"}
    assert len(dialled(pbx)) == 2


def test_each_limit_is_for_its_own_time(server, pbx):
    caps = {"user_per_minute": 1, "integration_per_minute": 2, "number_per_hour": 2}
    office = join(server, pbx, caps=caps)

    def told(request_id, user_id, phone):
        answer = ask(office, request_id=request_id, user_id=user_id, phone=phone)
        return answer.json.get("error", {}).get("code", answer.status_code)

    assert told("1", "u_17", CLIENT) == 202
    assert told("2", "u_17", "+971500000078") == "user_cap"
    assert told("3", "u_18", "+971500000078") == 202
    assert told("4", "u_19", "+971500000079") == "integration_cap"
    office.pass_time(61)
    assert told("5", "u_17", CLIENT) == 202
    office.pass_time(61)
    assert told("6", "u_17", CLIENT) == "number_cap"
    office.pass_time(3600)
    assert told("7", "u_17", CLIENT) == 202


def test_caller_is_told_on_his_console(office, pbx):
    ask(office)

    with Session(office.engine) as session:
        (event,) = session.scalars(select(ConsoleEvent)).all()
    assert (event.kind, event.employee_id) == ("dial", "101")
    assert event.data["state"] == "dialing"
    assert event.data["phone"] == CLIENT


def click_and_end(office, pbx, **links):
    """A call by a click whose notifications come in; it is worked on to its end."""
    call_session_id = ask(office, links=links).json["call_session_id"]
    about = {"employee_id": 101, "contact_phone_number": "971500000077", "direction": "out"}
    ended = {"talk_time_duration": 12, "total_time_duration": 20, "wait_time_duration": 8}
    office.notify(
        event("waiting_answer", call_session_id, 0, **about),
        event("talk_started", call_session_id, 8, leg_ids=[1, 2], **about),
        event("call_finished", call_session_id, 20, **about | {"employee_id": None}, **ended),
    )
    office.settle()
    return call_session_id


def test_call_is_outgoing_by_the_one_who_clicked_and_linked_to_what_he_named(office, pbx):
    call_session_id = click_and_end(office, pbx, deal_id="d_700")

    shown = office.show(call_session_id)
    assert shown["facts"]["direction"] == "outbound"
    assert shown["facts"]["caller"] == "101"
    (entry,) = office.written("calls")
    assert entry["links"]["deal_id"] == "d_700"


def test_link_that_the_crm_does_not_know_is_left_out(office, pbx):
    call_session_id = click_and_end(office, pbx, deal_id="d_unknown")

    (entry,) = office.written("calls")
    assert entry["links"]["deal_id"] is None
    assert office.state(call_session_id) == ("written", None)


def test_call_can_be_asked_for_before_its_first_notification_and_after(office, pbx):
    key = {"Authorization": f"Bearer {office.made.api_key}"}
    call_session_id = ask(office).json["call_session_id"]
    path = f"/api/v1/calls/{call_session_id}"

    before = office.app.test_client().get(path, headers=key)
    click_and_end(office, pbx)
    after = office.app.test_client().get(path, headers=key)

    assert (before.status_code, before.json["state"]) == (200, "waiting")
    assert before.json.keys() == after.json.keys()
    assert before.json["facts"].keys() == after.json["facts"].keys()
    assert after.json["state"] == "written"
    unknown = office.app.test_client().get("/api/v1/calls/1", headers=key)
    assert (unknown.status_code, code(unknown)) == (404, "not_found")


def dial_events(server):
    with Session(server.engine) as session:
        query = select(ConsoleEvent).where(ConsoleEvent.kind == "dial").order_by(ConsoleEvent.id)
        return [(row.employee_id, row.data["progress"]) for row in session.scalars(query)]


def test_live_process_tells_each_state_of_the_call_once(any_office, pbx):
    call_session_id = ask(any_office).json["call_session_id"]
    live = LiveCards(any_office.engine, any_office.ports)
    about = {"employee_id": 101, "contact_phone_number": "971500000077", "direction": "out"}
    ended = {"talk_time_duration": 12, "total_time_duration": 20}
    for seconds, kind, more in (
        (0, "waiting_answer", {}),
        (5, "call_accepted", {}),
        (8, "talk_started", {}),
        (20, "call_finished", ended),
    ):
        any_office.notify(event(kind, call_session_id, seconds, **about, **more))
        live.step()
        live.step()
    live.close()

    stages = ["calling_employee", "calling_client", "talking", "ended"]
    assert dial_events(any_office) == [("101", stage) for stage in stages]
    assert rows(any_office)[0].progress == "ended"


def test_call_whose_answer_was_lost_is_found_by_its_own_id(office, pbx):
    match = {"operation": "start.employee_call"}
    pbx.control("POST", "/_sim/faults", {"name": "reset_after", "count": 1, "match": match})
    ask(office)
    live = LiveCards(office.engine, office.ports)

    office.notify(event("waiting_answer", "555", external_id="r-1", employee_id=101))
    live.step()
    live.close()

    (row,) = rows(office)
    assert (row.state, row.call_session_id, row.progress) == ("unclear", "555", "calling_employee")
    assert ask(office).status_code == 504
