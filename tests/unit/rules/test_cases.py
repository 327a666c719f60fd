from __future__ import annotations

from itertools import product

import pytest

from rules.cases import OUTCOMES, Point, Who, case_of, cases_of
from rules.crm import Client
from rules.decide import MAKES, decide_contact, decide_task
from rules.owner import People
from rules.settings import load
from rules.vocabulary import Contact, Create, Direction, Entity, Outcome
from tests.unit.rules.calls import facts, settings

IN, OUT = Direction.INBOUND, Direction.OUTBOUND
FIRST, REPEAT = Contact.FIRST, Contact.REPEAT
NAMED = {"incoming_user_id": "u_in", "outgoing_user_id": "u_out"}
PEOPLE = People({"101": "u_first", "102": "u_last", "103": "u_caller"})
WHO = {
    "u_first": Who.ANSWERED_BY,
    "u_last": Who.FINISHED_BY,
    "u_caller": Who.CALLER,
    "u_card": Who.CLIENT_CARD,
    "u_in": Who.RESPONSIBLE,
    "u_out": Who.RESPONSIBLE,
    None: Who.NOBODY,
}
OWNERS = {
    ("incoming", "first"): ("answered_by", "finished_by", "from_settings"),
    ("incoming", "repeat"): ("answered_by", "finished_by", "from_settings"),
    ("outgoing", "first"): ("caller", "from_settings"),
    ("outgoing", "repeat"): ("answered_by", "finished_by", "from_client_card", "from_settings"),
}
ASSIGN = {"incoming": ("lost_incoming", "from_settings"), "outgoing": ("failed_outgoing", "caller")}


def documents(side):
    """Every combination of the rules of one side, with and without a responsible and a task."""
    rule, assigned = ASSIGN[side]
    for switch, first, owner, repeat, again, named, assign in product(
        (True, False),
        Create,
        OWNERS[side, "first"],
        Create,
        OWNERS[side, "repeat"],
        (NAMED, {}),
        ("none", assigned),
    ):
        yield {
            side: {
                "first": {"create_client": switch, "create": first, "owner": owner},
                "repeat": {"create": repeat, "owner": again},
            },
            "responsible": named,
            "tasks": {rule: {"assign": assign}},
        }


def call(direction, outcome):
    talked = {"answered_by": "101", "finished_by": "102"} if outcome is Outcome.ANSWERED else {}
    caller = {"caller": "103"} if direction is OUT else {}
    return facts(direction=direction, outcome=outcome, is_ended=True, **talked, **caller)


@pytest.mark.parametrize("side", ["incoming", "outgoing"])
def test_every_case_of_every_combination_is_what_the_engine_decides(side):
    direction = IN if side == "incoming" else OUT
    different = []

    for document in documents(side):
        rules = load(document)
        for contact, outcome in product(Contact, OUTCOMES[direction]):
            case = case_of(rules, direction, contact, outcome)
            client = Client("c", responsible_user_id="u_card") if contact is REPEAT else None
            real = decide_contact(call(direction, outcome), client, rules, PEOPLE)
            made = Client("", responsible_user_id=real.owner_user_id)
            after = made if Entity.CLIENT in real.actions else client
            task = decide_task(call(direction, outcome), after, rules, PEOPLE)
            expected = (
                real.actions,
                WHO[real.owner_user_id] if real.actions else None,
                WHO[task.owner_user_id] if task.actions else None,
            )
            told = (
                case.creates,
                case.owner.who if case.owner else None,
                case.task.who if case.task else None,
            )
            different += [(document, case)] if told != expected else []

    assert different == []


def test_there_are_eight_cases_in_a_fixed_order():
    told = [(case.direction, case.contact, case.outcome) for case in cases_of(settings())]

    assert told == [
        (IN, FIRST, Outcome.ANSWERED),
        (IN, FIRST, Outcome.LOST),
        (IN, REPEAT, Outcome.ANSWERED),
        (IN, REPEAT, Outcome.LOST),
        (OUT, FIRST, Outcome.ANSWERED),
        (OUT, FIRST, Outcome.FAILED),
        (OUT, REPEAT, Outcome.ANSWERED),
        (OUT, REPEAT, Outcome.FAILED),
    ]


@pytest.mark.parametrize("create", list(Create))
def test_first_contact_makes_the_client_and_what_is_chosen(create):
    rules = settings(incoming={"first": {"create": create}})

    case = case_of(rules, IN, FIRST, Outcome.ANSWERED)

    assert case.creates == (Entity.CLIENT, *MAKES[create])
    assert case.owner.who is Who.ANSWERED_BY


def test_nothing_is_made_of_a_first_contact_while_the_switch_is_off():
    rules = settings(incoming={"first": {"create_client": False, "create": "lead_and_deal"}})

    case = case_of(rules, IN, FIRST, Outcome.ANSWERED)

    assert case.is_empty and case.owner is None and not case.is_gap


def test_lost_call_goes_to_the_responsible_of_the_settings():
    case = case_of(settings(responsible=NAMED), IN, FIRST, Outcome.LOST)

    assert (case.owner.who, case.owner.user_id) == (Who.RESPONSIBLE, "u_in")


def test_lost_call_without_a_responsible_is_a_gap():
    case = case_of(settings(), IN, FIRST, Outcome.LOST)

    assert case.owner.who is Who.NOBODY and case.is_gap


def test_responsible_who_is_gone_counts_as_none():
    case = case_of(settings(responsible=NAMED), IN, FIRST, Outcome.LOST, frozenset({"u_in"}))

    assert case.is_gap


def test_empty_client_card_falls_back_to_the_responsible():
    rules = settings(outgoing={"repeat": {"create": "deal"}}, responsible=NAMED)

    case = case_of(rules, OUT, REPEAT, Outcome.FAILED)

    assert (case.owner.who, case.owner.backup) == (Who.CLIENT_CARD, Who.RESPONSIBLE)


@pytest.mark.parametrize(
    ("owner", "outcome", "point"),
    [
        ("from_settings", Outcome.ANSWERED, Point.START),
        ("answered_by", Outcome.ANSWERED, Point.ANSWER),
        ("answered_by", Outcome.LOST, Point.END),
        ("finished_by", Outcome.ANSWERED, Point.END),
    ],
)
def test_case_tells_when_it_is_decided(owner, outcome, point):
    rules = settings(incoming={"first": {"owner": owner}}, responsible=NAMED)

    assert case_of(rules, IN, FIRST, outcome).decided is point


def test_task_of_a_lost_first_call_belongs_to_the_responsible():
    rules = settings(tasks={"lost_incoming": {"assign": "from_settings"}}, responsible=NAMED)

    case = case_of(rules, IN, FIRST, Outcome.LOST)

    assert (case.task.who, case.task.user_id) == (Who.RESPONSIBLE, "u_in")


def test_case_names_the_place_of_its_settings():
    assert case_of(settings(), OUT, REPEAT, Outcome.FAILED).place == "outgoing.repeat"
