"""A plan is what the drain would do: total, and rendered to the last field."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given

from rules.crm import Client
from rules.match import Match, choose_client
from rules.phones import normalise
from rules.plan import plan_call
from rules.reasons import Code
from rules.trial import example_parameters, points_of
from rules.vocabulary import Entity
from tests.unit.rules.calls import AROUND, CLIENT_PHONE, NINE, settings
from tests.unit.rules.examples import CALLS, CLIENTS, SETTINGS
from tests.unit.rules.plans import KNOWN, WORLD, first, trial

NOBODY = Match(None, ())
RESPONSIBLE = {"incoming_user_id": "u_3", "outgoing_user_id": "u_3"}
FUNNELS = {"pipeline_id": "p_2", "stage_id": "s_21"}


def plan(call=None, client=None, world=WORLD, **sections):
    found = Match(client, ()) if client else NOBODY
    rules = settings(responsible=RESPONSIBLE, funnels=FUNNELS, **sections)
    return plan_call(points_of(call or trial(), AROUND), found, rules, world, NINE)


def repeat(create="deal", owner="answered_by"):
    return {"repeat": {"create": create, "owner": owner}}


def every(*choices):
    return list(product(*choices))


CREATES = ("lead", "deal", "lead_and_deal", "nothing")
SIDES = {
    "incoming": {
        "first": every((True, False), CREATES, ("answered_by", "finished_by", "from_settings")),
        "repeat": every(CREATES, ("answered_by", "finished_by", "from_settings")),
    },
    "outgoing": {
        "first": every((True, False), CREATES, ("caller", "from_settings")),
        "repeat": every(
            CREATES, ("answered_by", "finished_by", "from_client_card", "from_settings")
        ),
    },
}


def every_rule(side):
    for switch, create, owner in SIDES[side]["first"]:
        yield (
            {side: {"first": {"create_client": switch, "create": create, "owner": owner}}},
            (None,),
        )
    for create, owner in SIDES[side]["repeat"]:
        yield {side: {"repeat": {"create": create, "owner": owner}}}, KNOWN


def every_call(direction):
    yield trial(direction)
    yield trial(direction, is_answered=False)
    yield trial(direction, is_transfer=True, finished_by="103")
    yield trial(direction, answered_by=None, caller=None)


@pytest.mark.parametrize(("side", "direction"), [("incoming", "inbound"), ("outgoing", "outbound")])
def test_every_rule_gives_a_plan_for_every_call(side, direction):
    calls = list(every_call(direction))
    tasks = [
        {},
        {"lost_incoming": {"assign": "from_settings"}, "failed_outgoing": {"assign": "caller"}},
    ]
    planned = 0
    for (rules, clients), responsible, task in product(every_rule(side), ({}, RESPONSIBLE), tasks):
        chosen = settings(**rules, responsible=responsible, tasks=task, funnels=FUNNELS)
        for client, call in product(clients, calls):
            found = plan_call(points_of(call, AROUND), Match(client, ()), chosen, WORLD, NINE)
            assert found.verdict.contact is not None
            assert {each.entity for each in found.entities if each.is_new} == set(
                found.verdict.actions
            )
            planned += 1
    assert planned > 500


@given(CALLS, CLIENTS, SETTINGS)
def test_strange_facts_never_break_a_plan(call, client, rules):
    plan_call([call], Match(client, ()), rules, WORLD, NINE)


def test_first_contact_makes_client_and_lead_for_who_answered():
    made = plan(incoming=first())

    assert [each.entity for each in made.entities] == [Entity.CLIENT, Entity.LEAD]
    lead = made.find(Entity.LEAD)
    assert lead.body["title"] == "Call from +971501234567 to 97140000001"
    assert lead.body["responsible_user_id"] == "u_1"
    assert lead.links == (Entity.CLIENT,)
    assert made.history["status"] == "answered"
    assert made.history["duration"] == {"wait": 10, "talk": 75, "total": 85}


def test_lead_is_decided_while_the_client_is_on_the_line():
    answered = plan(incoming=first(owner="answered_by"))
    finished = plan(incoming=first(owner="finished_by"))

    assert answered.decided_after == NINE + timedelta(seconds=10)
    assert finished.decided_after == NINE + timedelta(seconds=85)


def test_lead_and_deal_are_linked_to_each_other():
    made = plan(incoming=first("lead_and_deal"))

    assert made.find(Entity.DEAL).links == (Entity.CLIENT, Entity.LEAD)
    assert made.find(Entity.DEAL).body["stage_id"] == "s_21"


def test_lost_call_falls_back_and_makes_a_task():
    made = plan(
        trial(is_answered=False),
        incoming=first(),
        tasks={"lost_incoming": {"assign": "from_settings", "due_minutes": 30}},
    )

    assert made.verdict.contact.fallback == "responsible_from_settings"
    task = made.find(Entity.TASK)
    assert task.links == (Entity.LEAD,)
    assert task.body["due_at"] == (NINE + timedelta(seconds=10, minutes=30)).isoformat()
    assert task.body["text"] == "Call back +971501234567: missed call 13:00"


def test_task_of_a_known_client_hangs_on_him():
    made = plan(
        trial("outbound", is_answered=False),
        KNOWN[0],
        tasks={"failed_outgoing": {"assign": "caller"}},
    )

    assert [each.entity for each in made.entities] == [Entity.TASK]
    assert made.find(Entity.TASK).links == (Entity.CLIENT,)


def test_late_values_are_filled_in_after_the_end():
    rows = [
        ("talk", "{{talk_duration}}"),
        ("record", "{{recording_url}}"),
        ("campaign", "{{campaign_name}}"),
        ("when", "{{call_time}}"),
    ]
    fields = [
        {"id": target, "entity": "lead", "target": target, "value": value} for target, value in rows
    ]
    call = trial(parameters=example_parameters() | {"campaign_name": "Villas"})

    lead = plan(call, incoming=first(), fields=fields).find(Entity.LEAD)

    assert lead.body["custom_fields"] == {
        "talk": 75,
        "record": "https://example.com/recordings/1",
        "campaign": "Villas",
    }
    assert lead.late == {"talk", "record", "campaign"}
    (left_out,) = lead.reasons
    assert (left_out.code, left_out.values["target"]) == (Code.FIELD_LEFT_OUT, "when")


def test_title_with_a_late_variable_is_shown_as_it_stands_in_the_end():
    texts = {"lead": {"title": "{{call_status}}, {{talk_duration|duration}}"}}

    lead = plan(incoming=first(), templates=texts).find(Entity.LEAD)

    assert lead.body["title"] == "answered, 1:15"
    assert "title" in lead.late


def test_known_client_keeps_what_the_crm_holds():
    fields = [{"id": "f1", "entity": "client", "target": "talk", "value": "{{talk_duration}}"}]
    busy = Client("c_1", "Client One", custom_fields={"talk": 3})

    kept = plan(client=busy, fields=fields)
    filled = plan(client=KNOWN[0], fields=fields)

    assert kept.find(Entity.CLIENT) is None
    assert filled.find(Entity.CLIENT).body["custom_fields"] == {"talk": 75}
    assert not filled.find(Entity.CLIENT).is_new


def test_ignored_number_makes_history_only():
    ignored = plan(incoming=first(), ignore={"numbers": ["050 123 4567"]})

    assert ignored.entities == ()
    assert ignored.verdict.is_exempt
    assert ignored.history is not None


def test_hidden_number_makes_history_only():
    hidden = plan(trial(phone=None), incoming=first())

    assert hidden.entities == ()
    assert hidden.history["client_phone"] is None


def test_internal_call_is_not_told_to_the_crm():
    around = replace(AROUND, own_numbers=frozenset({normalise(CLIENT_PHONE, country="AE").value}))
    call = trial()

    made = plan_call(points_of(call, around), NOBODY, settings(), WORLD, NINE)

    assert made.history is None
    assert made.entities == ()


def test_popup_and_manager_are_for_incoming_calls():
    manager = {"personal_manager": {"enabled": True}}

    incoming = plan(client=KNOWN[0], incoming=manager)
    outgoing = plan(trial("outbound"), KNOWN[0])

    assert incoming.popup.employees == ("101",)
    assert incoming.popup.line == "Main"
    assert incoming.manager.as_json() == {"returned_code": 1}  # u_2's employee has no phone
    assert (outgoing.popup, outgoing.manager) == (None, None)


def test_transfer_splits_the_talk_and_keeps_both_talkers():
    call = trial(is_transfer=True, finished_by="102", talk_seconds=75)

    facts = plan(call).facts

    assert (facts.answered_by, facts.finished_by, facts.is_transfer) == ("101", "102", True)
    assert [talk.seconds for talk in facts.talks] == [37, 38]


def test_made_up_client_is_matched_like_a_real_one():
    client = Client("c_1", phones=(CLIENT_PHONE,))
    phone = normalise(CLIENT_PHONE, country="AE")

    assert choose_client([client], phone, country="AE").client == client
