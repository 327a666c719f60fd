"""One create, step by step: what is asked of the CRM, and what stands in the ledger then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clients.errors import (
    AlreadyThereError,
    AmbiguousError,
    KeyRefusedError,
    NotFoundError,
    UnsupportedError,
)
from rules.crm import Client, Created, CrmRecord
from rules.vocabulary import Contact
from services.call import Stored
from services.carry_out import body_with_links, carry_out, carry_out_creates
from services.steps import Busy
from tests.unit.rules.calls import CLIENT_PHONE, facts
from tests.unit.services.ledger import (
    NOW,
    SETTLE,
    drive,
    later,
    make_call,
    make_write,
    operations,
    traced,
)

FACTS = facts(phone=CLIENT_PHONE)
MADE = Created("l_1", True)
UNCLEAR = AmbiguousError("no answer", code="timeout")


def carried(write, *answers, **members):
    """The call after this row was carried out, and what was asked."""
    call = make_call(write, **members)
    return call, drive(carry_out(call, FACTS, write), *answers)


def sent(**columns):
    return make_write(**{"status": "sent", "attempts": 1, "sent_at": NOW, **columns})


def record(crm_id, seconds=None):
    return CrmRecord(id=crm_id, created_at=None if seconds is None else later(seconds))


# Sending


def test_row_is_marked_sent_before_the_request_goes():
    write = make_write(next_at=NOW, error={"code": "timeout"})
    call = make_call(write)
    step = next(carry_out(call, FACTS, write))
    assert (write.status, call.changes.updates) == ("planned", {})

    step.before()

    assert (write.status, write.attempts, write.sent_at) == ("sent", 1, NOW)
    assert write.next_at == NOW + timedelta(seconds=SETTLE)
    assert set(call.changes.updates[write.ledger_key]) == {
        "status",
        "body",
        "sent_at",
        "attempts",
        "next_at",
    }


def test_answer_with_an_id_ends_it():
    write = make_write(error={"code": "timeout"}, attempts=2)

    call, asked = carried(write, MADE)

    body = {"title": "A call"}
    assert asked == [("create_lead", "create", "lead", body, {"reference": "cg-lead"})]
    assert (write.status, write.crm_id, write.attempts) == ("done", "l_1", 3)
    assert (write.done_at, write.next_at, write.error) == (NOW, None, None)
    assert call.changes.updates[write.ledger_key]["crm_id"] == "l_1"
    assert traced(call) == [("write_done", {"kind": "lead", "crm_id": "l_1"})]


def test_client_who_was_made_is_known_by_his_number():
    write = make_write("client", body={"name": "Client", "responsible_user_id": "u_1"})

    call, asked = carried(write, [], Created("c_1", True), looked_up_here=True)

    assert operations(asked) == ["lock", "create_client"]
    (reading,) = call.changes.known
    assert (reading.phone, reading.read_at) == (f"+{CLIENT_PHONE}", NOW)
    assert (reading.client.id, reading.client.responsible_user_id) == ("c_1", "u_1")


def test_client_whom_the_crm_had_already_is_not_told_as_ours():
    write = make_write("client")

    call, _ = carried(write, [], Created("c_1", False), looked_up_here=True)

    assert write.crm_id == "c_1"
    assert call.changes.known == []


@pytest.mark.parametrize("kind", ["lead", "deal", "task"])
def test_what_is_no_client_says_nothing_of_numbers(kind):
    call, asked = carried(make_write(kind), MADE)

    assert operations(asked) == [f"create_{kind}"]
    assert call.changes.known == []


@pytest.mark.parametrize(
    ("columns", "is_asked"),
    [
        pytest.param({"next_at": None}, True, id="at-once"),
        pytest.param({"next_at": NOW}, True, id="due-now"),
        pytest.param({"next_at": later(1)}, False, id="due-later"),
        pytest.param({"status": "done"}, False, id="done"),
        pytest.param({"status": "dead"}, False, id="dead"),
    ],
)
def test_only_what_is_planned_and_due_is_sent(columns, is_asked):
    _, asked = carried(make_write(**columns), *([MADE] if is_asked else []))

    assert bool(asked) is is_asked


def test_refused_key_takes_the_attempt_back():
    write = make_write(attempts=3)

    with pytest.raises(KeyRefusedError):
        carried(write, KeyRefusedError())

    assert (write.status, write.attempts, write.next_at) == ("planned", 3, None)


def test_failure_is_noted():
    write = make_write()

    carried(write, UNCLEAR)

    assert (write.status, write.error["code"]) == ("sent", "timeout")


def test_what_is_there_already_is_found():
    write = make_write()

    _, asked = carried(write, AlreadyThereError(), (record("l_9"),))

    assert asked[1] == ("find_lead", "find_by_reference", "lead", "cg-lead", {})
    assert (write.status, write.crm_id) == ("done", "l_9")


# Settling


def test_what_was_sent_is_searched_for_and_found():
    write = sent()

    call, asked = carried(write, (record("l_9"),))

    assert asked == [("find_lead", "find_by_reference", "lead", "cg-lead", {})]
    assert (write.status, write.crm_id, write.attempts) == ("done", "l_9", 1)
    assert traced(call) == [("write_found", {"kind": "lead", "crm_id": "l_9", "count": 1})]


@pytest.mark.parametrize(
    ("found", "oldest"),
    [
        pytest.param([record("a", 5), record("b", 1)], "b", id="earlier"),
        pytest.param([record("a"), record("b", 9)], "b", id="one-without-a-moment"),
        pytest.param([record("b", 1), record("a", 1)], "a", id="same-moment"),
        pytest.param([record("b"), record("a")], "a", id="no-moments"),
    ],
)
def test_of_several_found_the_oldest_counts_and_the_alarm_is_told(found, oldest):
    write = sent()

    call, _ = carried(write, tuple(found))

    assert write.crm_id == oldest
    ((integration_id, doubled, ids),) = call.changes.doubles
    assert (integration_id, sorted(ids)) == (3, ["a", "b"])
    assert doubled["crm_id"] == oldest
    assert traced(call) == [
        ("duplicate_alarm", {"kind": "lead", "count": 2}),
        ("write_found", {"kind": "lead", "crm_id": oldest, "count": 2}),
    ]


@pytest.mark.parametrize(
    ("sent_at", "answers", "status", "next_at"),
    [
        pytest.param(later(-5), [()], "sent", later(SETTLE - 5), id="too-early"),
        pytest.param(later(1 - SETTLE), [()], "sent", later(1), id="just-too-early"),
        pytest.param(later(-SETTLE), [(), MADE], "done", None, id="settled"),
        pytest.param(None, [()], "sent", later(SETTLE), id="moment-unknown"),
        pytest.param(
            later(-SETTLE), [UnsupportedError(), MADE], "done", None, id="cannot-be-searched"
        ),
        pytest.param(
            later(-5), [UnsupportedError()], "sent", later(SETTLE - 5), id="only-time-tells"
        ),
    ],
)
def test_what_is_not_found_is_sent_again_only_after_it_has_settled(
    sent_at, answers, status, next_at
):
    write = sent(sent_at=sent_at)

    carried(write, *answers)

    assert (write.status, write.next_at) == (status, next_at)
    assert write.attempts == len(answers)


def test_settled_row_is_planned_without_a_wait():
    write = sent(sent_at=later(-SETTLE), next_at=NOW)
    call = make_call(write)
    work = carry_out(call, FACTS, write)
    next(work)

    work.send(())

    assert (write.status, write.next_at) == ("planned", None)


def test_search_that_fails_sends_nothing():
    write = sent(sent_at=later(-SETTLE))

    _, asked = carried(write, UNCLEAR)

    assert operations(asked) == ["find_lead"]
    assert (write.status, write.error["code"]) == ("sent", "timeout")
    assert write.next_at > NOW


def test_refused_key_at_the_search_is_raised():
    write = sent()

    with pytest.raises(KeyRefusedError):
        carried(write, KeyRefusedError())

    assert (write.status, write.error) == ("sent", None)


# Clients


def test_client_is_looked_for_before_he_is_made():
    write = make_write("client")
    hit = Client("c_7", "By hand", (f"+{CLIENT_PHONE}",))

    call, asked = carried(write, [], (hit,))

    assert operations(asked) == ["lock", "find_clients"]
    assert (write.status, write.crm_id) == ("done", "c_7")
    assert ("write_found", {"kind": "client", "crm_id": "c_7", "count": 1}) in traced(call)


def test_client_whom_nobody_has_is_made():
    write = make_write("client")

    _, asked = carried(write, [], (), Created("c_1", True))

    assert operations(asked) == ["lock", "find_clients", "create_client"]
    assert write.crm_id == "c_1"


def test_client_without_a_number_is_made_without_a_look():
    write = make_write("client")
    call = make_call(write)

    asked = drive(carry_out(call, facts(client_phone=None), write), Created("c_1", True))

    assert operations(asked) == ["create_client"]
    assert call.changes.known == []


def test_contact_that_another_worker_holds_is_left_to_him():
    with pytest.raises(Busy):
        carried(make_write("client"), None)


def test_settling_a_client_holds_the_contact_too():
    write = sent(kind="client")

    _, asked = carried(write, [], (record("c_9"),))

    assert operations(asked) == ["lock", "find_client"]


# Links


CLIENT_LINK = {"client": {"key": "i3|client|700"}}


@pytest.mark.parametrize(
    ("links", "neighbour", "body"),
    [
        pytest.param({"client": {"id": "c_1"}}, {}, {"client_id": "c_1"}, id="known-client"),
        pytest.param(
            CLIENT_LINK, {"status": "done", "crm_id": "c_2"}, {"client_id": "c_2"}, id="ours"
        ),
        pytest.param(CLIENT_LINK, {"status": "planned"}, None, id="client-still-planned"),
        pytest.param(CLIENT_LINK, {"status": "sent"}, None, id="client-still-sent"),
        pytest.param(CLIENT_LINK, {"status": "sent", "crm_id": "c_2"}, None, id="not-yet-sure"),
        pytest.param(CLIENT_LINK, {"status": "dead"}, None, id="nothing-without-its-client"),
        pytest.param(CLIENT_LINK, {"status": "done"}, None, id="client-without-an-id"),
        pytest.param({"client": {"key": "unknown"}}, {}, None, id="unknown-key"),
    ],
)
def test_body_names_the_client(links, neighbour, body):
    client = make_write("client", **neighbour)
    write = make_write("deal", body={}, links=links)

    assert body_with_links(make_call(client, write), write) == body


@pytest.mark.parametrize(
    ("neighbour", "body"),
    [
        pytest.param({"status": "done", "crm_id": "l_2"}, {"lead_id": "l_2"}, id="made"),
        pytest.param({"status": "planned"}, None, id="planned"),
        pytest.param({"status": "dead"}, {}, id="set-aside"),
        pytest.param({"status": "skipped"}, {}, id="skipped"),
        pytest.param({"status": "done"}, {}, id="not-to-be-had-here"),
    ],
)
def test_deal_does_not_wait_for_a_lead_that_is_set_aside(neighbour, body):
    lead = make_write("lead", **neighbour)
    write = make_write("deal", body={}, links={"lead": {"key": lead.ledger_key}})

    assert body_with_links(make_call(lead, write), write) == body


def test_task_carries_one_link_of_its_own_shape():
    write = make_write("task", body={"text": "Call back"}, links={"deal": {"id": "d_1"}})

    body = body_with_links(make_call(write), write)

    assert body == {"text": "Call back", "link": {"entity": "deal", "id": "d_1"}}
    assert write.body == {"text": "Call back"}


def test_what_waits_for_its_client_is_not_sent():
    client = make_write("client")
    lead = make_write("lead", links=CLIENT_LINK)
    call = make_call(client, lead)

    assert drive(carry_out(call, FACTS, lead)) == []
    assert lead.status == "planned"


# Several creates


def test_creates_go_in_the_order_in_which_they_depend_on_each_other():
    task = make_write("task", links={"deal": {"key": "i3|deal|700"}})
    deal = make_write("deal", links=CLIENT_LINK | {"lead": {"key": "i3|lead|700"}})
    lead, client = make_write("lead", links=CLIENT_LINK), make_write("client")
    call = make_call(task, deal, lead, client, looked_up_here=True)

    asked = drive(
        carry_out_creates(call, FACTS),
        [],
        *(Created(each, True) for each in ("c_1", "l_1", "d_1", "t_1")),
    )

    creates = ["create_client", "create_lead", "create_deal", "create_task"]
    assert operations(asked) == ["lock", *creates]
    assert asked[3][3] == {"title": "A call", "client_id": "c_1", "lead_id": "l_1"}
    assert asked[4][3] == {"title": "A call", "link": {"entity": "deal", "id": "d_1"}}
    assert call.created == {
        "client_id": "c_1",
        "lead_id": "l_1",
        "deal_id": "d_1",
        "task_id": "t_1",
    }


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"closed_at": NOW}, id="closed"),
        pytest.param({"status": "dead"}, id="dead"),
        pytest.param({"next_at": later(5)}, id="not-due"),
        pytest.param({"kind": "call"}, id="no-create"),
    ],
)
def test_nothing_is_asked_for_what_is_not_to_be_made_now(columns):
    call = make_call(make_write(**columns))

    assert drive(carry_out_creates(call, FACTS)) == []
    assert call.created == {}


def test_what_stands_already_is_noted_once():
    call = make_call(make_write(status="done", crm_id="l_1"))

    drive(carry_out_creates(call, FACTS))
    assert call.session_changes == {"created": {"lead_id": "l_1"}}
    call.session_changes.clear()
    drive(carry_out_creates(call, FACTS))

    assert call.session_changes == {}


def late_link(lead, **deal):
    return make_call(
        make_write("lead", **lead),
        make_write(
            "deal",
            **{
                "status": "done",
                "crm_id": "d_1",
                "body": {"title": "Deal"},
                "links": {"lead": {"key": "i3|lead|700"}},
                **deal,
            },
        ),
    )


def test_deal_is_linked_as_soon_as_its_lead_is_there():
    call = late_link({"status": "done", "crm_id": "l_1"})

    asked = drive(carry_out_creates(call, FACTS), None)

    assert asked == [("update_deal", "update", "deal", "d_1", {"lead_id": "l_1"}, {})]
    assert call.writes["i3|deal|700"].body == {"title": "Deal", "lead_id": "l_1"}


@pytest.mark.parametrize(
    ("lead", "deal"),
    [
        pytest.param({"status": "dead"}, {}, id="lead-set-aside"),
        pytest.param(
            {"status": "done", "crm_id": "l_1"}, {"body": {"lead_id": "l_1"}}, id="linked"
        ),
        pytest.param({"status": "done", "crm_id": "l_1"}, {"status": "dead"}, id="deal-set-aside"),
        pytest.param({"status": "done", "crm_id": "l_1"}, {"links": {}}, id="deal-without-lead"),
    ],
)
def test_deal_that_needs_no_link_is_left_alone(lead, deal):
    assert drive(carry_out_creates(late_link(lead, **deal), FACTS)) == []


# What it links to is gone


def test_lead_whose_client_is_gone_goes_on_without_him():
    write = make_write(links={"client": {"id": "c_1"}}, next_at=NOW)
    call = make_call(write)

    asked = drive(carry_out(call, FACTS, write), NotFoundError(), [], (), MADE)

    assert operations(asked) == ["create_lead", "lock", "find_clients", "create_lead"]
    assert asked[0][3] == {"title": "A call", "client_id": "c_1"}
    assert asked[3][3] == {"title": "A call"}
    assert (write.status, write.crm_id) == ("done", "l_1")
    assert ("client_gone", {"client_id": "c_1"}) in traced(call)


def test_task_whose_deal_is_gone_loses_its_link():
    write = make_write("task", links={"deal": {"id": "d_1"}})

    carried(write, NotFoundError())

    assert (write.status, write.links, write.refusals) == ("planned", {}, 0)
    assert write.next_at > NOW


def test_not_found_without_a_number_to_look_up_loses_the_link():
    write = make_write(links={"client": {"id": "c_1"}})
    call = make_call(write)

    asked = drive(carry_out(call, facts(client_phone=None), write), NotFoundError())

    assert operations(asked) == ["create_lead"]
    assert (write.status, write.links) == ("planned", {})


def test_not_found_that_links_to_nothing_is_a_refusal():
    write = make_write()

    carried(write, NotFoundError("what is it?"))

    assert (write.status, write.refusals, write.error["code"]) == ("planned", 1, "not_found")


def test_client_of_ours_who_is_gone_is_made_again_for_a_first_contact():
    client = make_write("client", ledger_key="acc_1|client|h|1", status="done", crm_id="c_1")
    lead = make_write("lead", links={"client": {"key": client.ledger_key}})
    call = make_call(client, lead)
    contact = Stored("contact", "first-lead", (), Contact.FIRST, None, None)
    call.decisions["contact"] = contact

    asked = drive(
        carry_out(call, FACTS, lead),
        NotFoundError(),
        [client],
        (),
        (),
        Created("c_2", True),
        Created("l_1", True),
    )

    again = ["find_clients", "find_clients", "create_client", "create_lead"]
    assert operations(asked) == ["create_lead", "lock", *again]
    assert asked[-1][3] == {"title": "A call", "client_id": "c_2"}
    assert ("client_gone", {"client_id": "c_1"}) in traced(call)
    assert (client.closed_at, lead.crm_id) == (NOW, "l_1")
