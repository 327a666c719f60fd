from __future__ import annotations

import pytest

from rules.crm import Client
from rules.decide import (
    HISTORY_ONLY,
    Decision,
    decide_contact,
    due_sides,
    exemption,
    is_due,
    may_decide,
)
from rules.reasons import Code, because
from rules.vocabulary import Contact, Create, Direction, Entity, Outcome, OwnerRule
from tests.unit.rules.calls import facts, settings
from tests.unit.rules.stages import (
    ANSWERED,
    CALLING,
    CLOSED,
    DIALLED,
    DIALLING,
    FAILED,
    FAILED_OF_NOBODY,
    KNOWN,
    LOST,
    PEOPLE,
    REACHED,
    RESPONSIBLE,
    RINGING,
    TALKING,
    UNTOLD,
)


def first(side, **members):
    """Settings whose rules for first contacts in that direction are these."""
    return settings(**{side: {"first": members}}, responsible=RESPONSIBLE)


def repeat(side, **members):
    return settings(**{side: {"repeat": members}}, responsible=RESPONSIBLE)


LEAD, DEAL, CLIENT = Entity.LEAD, Entity.DEAL, Entity.CLIENT


@pytest.mark.parametrize("side", ["incoming", "outgoing"])
@pytest.mark.parametrize(
    ("create", "rule", "actions"),
    [
        pytest.param("lead", "first-lead", (CLIENT, LEAD), id="lead"),
        pytest.param("deal", "first-deal", (CLIENT, DEAL), id="deal"),
        pytest.param("lead_and_deal", "first-lead_and_deal", (CLIENT, LEAD, DEAL), id="both"),
        pytest.param("nothing", "first-client-only", (CLIENT,), id="client-only"),
    ],
)
def test_a_first_contact_makes(side, create, rule, actions):
    call = LOST if side == "incoming" else FAILED

    decision = decide_contact(call, None, first(side, create=create), PEOPLE)

    assert (decision.rule, decision.actions) == (rule, actions)
    assert (decision.contact, decision.create) == (Contact.FIRST, create)
    assert decision.client_id is None


@pytest.mark.parametrize("side", ["incoming", "outgoing"])
@pytest.mark.parametrize(
    ("create", "rule", "actions"),
    [
        pytest.param("lead", "repeat-lead", (LEAD,), id="lead"),
        pytest.param("deal", "repeat-deal", (DEAL,), id="deal"),
        pytest.param("lead_and_deal", "repeat-lead_and_deal", (LEAD, DEAL), id="both"),
        pytest.param("nothing", "repeat-nothing", (), id="nothing"),
    ],
)
def test_a_repeat_contact_makes(side, create, rule, actions):
    call = LOST if side == "incoming" else FAILED

    decision = decide_contact(call, KNOWN, repeat(side, create=create), PEOPLE)

    assert (decision.rule, decision.actions) == (rule, actions)
    assert (decision.contact, decision.create) == (Contact.REPEAT, create)
    assert decision.client_id == "c_1"


@pytest.mark.parametrize("side", ["incoming", "outgoing"])
@pytest.mark.parametrize("create", list(Create))
def test_with_the_client_switch_off_an_unknown_number_makes_nothing(side, create):
    call = RINGING if side == "incoming" else DIALLING
    rules = first(side, create_client=False, create=create)

    decision = decide_contact(call, None, rules, PEOPLE)

    assert decision == Decision(
        "contact",
        "first-nothing",
        reasons=(because(Code.NO_CLIENT_WANTED),),
        contact=Contact.FIRST,
        create=Create.NOTHING,
    )


# None: not yet. Else the owner, and the fallback by which he was found.
SETTINGS = "responsible_from_settings"


@pytest.mark.parametrize("contact", ["first", "repeat"])
@pytest.mark.parametrize(
    ("owner", "call", "expected"),
    [
        pytest.param("answered_by", RINGING, None, id="answered_by-ringing"),
        pytest.param("answered_by", TALKING, ("u_101", None), id="answered_by-talking"),
        pytest.param("answered_by", ANSWERED, ("u_101", None), id="answered_by-answered"),
        pytest.param("answered_by", LOST, ("u_in", SETTINGS), id="answered_by-lost"),
        pytest.param("answered_by", CLOSED, ("u_in", SETTINGS), id="answered_by-unknown"),
        pytest.param("answered_by", UNTOLD, None, id="answered_by-waits-for-the-report"),
        pytest.param("finished_by", RINGING, None, id="finished_by-ringing"),
        pytest.param("finished_by", TALKING, None, id="finished_by-talking"),
        pytest.param("finished_by", ANSWERED, ("u_102", None), id="finished_by-answered"),
        pytest.param("finished_by", LOST, ("u_in", SETTINGS), id="finished_by-lost"),
        pytest.param("finished_by", CLOSED, ("u_in", SETTINGS), id="finished_by-unknown"),
        pytest.param("finished_by", UNTOLD, ("u_in", SETTINGS), id="finished_by-no-report"),
        pytest.param("from_settings", RINGING, ("u_in", None), id="from_settings-ringing"),
        pytest.param("from_settings", TALKING, ("u_in", None), id="from_settings-talking"),
        pytest.param("from_settings", ANSWERED, ("u_in", None), id="from_settings-answered"),
        pytest.param("from_settings", LOST, ("u_in", None), id="from_settings-lost"),
        pytest.param("from_settings", CLOSED, ("u_in", None), id="from_settings-unknown"),
    ],
)
def test_owner_of_an_incoming_contact(contact, owner, call, expected):
    rules = settings(
        incoming={contact: {"create": "lead", "owner": owner}}, responsible=RESPONSIBLE
    )

    decision = decide_contact(call, None if contact == "first" else KNOWN, rules, PEOPLE)

    assert (decision and (decision.owner_user_id, decision.fallback)) == expected
    assert decision is None or decision.owner_rule is OwnerRule(owner)


@pytest.mark.parametrize(
    ("owner", "call", "expected"),
    [
        pytest.param("caller", DIALLING, None, id="caller-not-known"),
        pytest.param("caller", DIALLED, ("u_103", None), id="caller-dialling"),
        pytest.param("caller", REACHED, ("u_103", None), id="caller-reached"),
        pytest.param("caller", FAILED, ("u_103", None), id="caller-failed"),
        pytest.param("caller", FAILED_OF_NOBODY, ("u_out", SETTINGS), id="caller-never-known"),
        pytest.param("from_settings", DIALLING, ("u_out", None), id="from_settings-dialling"),
        pytest.param("from_settings", FAILED, ("u_out", None), id="from_settings-failed"),
    ],
)
def test_owner_of_a_first_outgoing_contact(owner, call, expected):
    decision = decide_contact(call, None, first("outgoing", owner=owner), PEOPLE)

    assert (decision and (decision.owner_user_id, decision.fallback)) == expected


@pytest.mark.parametrize(
    ("owner", "call", "expected"),
    [
        pytest.param("answered_by", DIALLED, None, id="answered_by-dialling"),
        pytest.param("answered_by", CALLING, ("u_101", None), id="answered_by-talking"),
        pytest.param("answered_by", FAILED, ("u_out", SETTINGS), id="answered_by-failed"),
        pytest.param("finished_by", CALLING, None, id="finished_by-talking"),
        pytest.param("finished_by", REACHED, ("u_102", None), id="finished_by-reached"),
        pytest.param("finished_by", FAILED, ("u_out", SETTINGS), id="finished_by-failed"),
        pytest.param("from_client_card", DIALLING, ("u_card", None), id="card-dialling"),
        pytest.param("from_client_card", FAILED, ("u_card", None), id="card-failed"),
        pytest.param("from_settings", DIALLING, ("u_out", None), id="from_settings-dialling"),
    ],
)
def test_owner_of_a_repeated_outgoing_contact(owner, call, expected):
    rules = repeat("outgoing", create="deal", owner=owner)

    decision = decide_contact(call, KNOWN, rules, PEOPLE)

    assert (decision and (decision.owner_user_id, decision.fallback)) == expected


@pytest.mark.parametrize(
    ("call", "rule", "reason"),
    [
        pytest.param(
            facts(direction=Direction.INTERNAL), HISTORY_ONLY, Code.CALL_INTERNAL, id="internal"
        ),
        pytest.param(
            facts(client_phone=None, is_ended=True, outcome=Outcome.LOST),
            HISTORY_ONLY,
            Code.NUMBER_HIDDEN,
            id="hidden",
        ),
    ],
)
def test_a_call_that_makes_nothing_but_history(call, rule, reason):
    decision = decide_contact(call, None, settings(), PEOPLE)

    assert decision == Decision("contact", rule, reasons=(because(reason),))
    assert exemption(call, settings(), country="AE").reason.code is reason


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(facts(client_phone=None), id="no-number-yet"),
        pytest.param(facts(direction=None), id="no-direction-yet"),
    ],
)
def test_nothing_is_decided_before_the_facts_it_needs(call):
    rules = first("incoming", owner="from_settings")

    assert decide_contact(call, None, rules, PEOPLE) is None
    assert not may_decide(call, rules)
    assert exemption(call, rules, country="AE") is None


@pytest.mark.parametrize("typed", ["+971 50 123-45-67", "0501234567", "971501234567"])
def test_an_ignored_number_is_exempt_in_any_spelling(typed):
    rules = settings(ignore={"numbers": [typed]})

    assert exemption(RINGING, rules, country="AE").reason.code is Code.NUMBER_IGNORED


def test_another_number_is_not_exempt():
    assert exemption(RINGING, settings(ignore={"numbers": ["97142222222"]}), country="AE") is None


FIRST, REPEAT, BOTH = 1, 2, 3


@pytest.mark.parametrize(
    ("call", "rules", "sides"),
    [
        pytest.param(RINGING, settings(), REPEAT, id="nothing-for-known-needs-no-owner"),
        pytest.param(TALKING, settings(), BOTH, id="first-talk"),
        pytest.param(RINGING, first("incoming", create_client=False), BOTH, id="switch-off"),
        pytest.param(RINGING, repeat("incoming", create="lead"), 0, id="both-wait-for-a-talk"),
        pytest.param(TALKING, repeat("incoming", create="lead"), BOTH, id="both-have-it"),
        pytest.param(
            RINGING,
            repeat("incoming", create="lead", owner="from_settings"),
            REPEAT,
            id="repeat-from-settings",
        ),
        pytest.param(RINGING, first("incoming", owner="from_settings"), BOTH, id="first-at-once"),
        pytest.param(
            TALKING,
            repeat("incoming", create="lead", owner="finished_by"),
            FIRST,
            id="repeat-waits-for-the-end",
        ),
        pytest.param(UNTOLD, repeat("incoming", create="lead"), 0, id="waits-for-the-report"),
        pytest.param(DIALLING, settings(), REPEAT, id="caller-not-known"),
        pytest.param(DIALLED, settings(), BOTH, id="caller-known"),
        pytest.param(facts(direction=Direction.INTERNAL), settings(), 0, id="internal"),
        pytest.param(LOST, repeat("incoming", create="lead"), BOTH, id="end"),
    ],
)
def test_when_a_look_up_is_worth_it(call, rules, sides):
    assert due_sides(call, rules) == sides
    assert may_decide(call, rules) is (sides != 0)


def test_a_guessed_first_talker_is_named_in_the_trace():
    guessed = facts(answered_by="102", is_ended=True, is_transfer=True, is_first_known=False)

    decision = decide_contact(guessed, None, settings(), PEOPLE)

    assert decision.reasons[0] == because(Code.FIRST_TALKER_UNKNOWN, employee_id="102")
    assert decision.owner_user_id == "u_102"


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"is_transfer": False, "is_first_known": False}, id="no-transfer"),
        pytest.param({"is_transfer": True, "is_first_known": True}, id="first-is-known"),
        pytest.param(
            {"is_transfer": True, "is_first_known": False, "answered_by": None}, id="nobody"
        ),
    ],
)
def test_a_first_talker_who_is_no_guess_is_not_called_one(members):
    call = facts(**{"answered_by": "102", "is_ended": True, **members})

    decision = decide_contact(call, None, settings(), PEOPLE)

    assert Code.FIRST_TALKER_UNKNOWN not in [reason.code for reason in decision.reasons]


def test_an_owner_rule_of_which_nobody_thought_is_a_defect_not_a_wait():
    with pytest.raises(ValueError, match="unknown owner rule 'by_dice'"):
        is_due("by_dice", RINGING)


def test_a_client_for_whom_nothing_is_wanted_is_named():
    decision = decide_contact(RINGING, KNOWN, settings(), PEOPLE)

    assert decision == Decision(
        "contact",
        "repeat-nothing",
        reasons=(because(Code.NOTHING_WANTED),),
        contact=Contact.REPEAT,
        create=Create.NOTHING,
        client_id="c_1",
    )


def test_a_client_that_we_are_just_making_counts_as_known():
    decision = decide_contact(TALKING, Client(""), repeat("incoming", create="lead"), PEOPLE)

    assert (decision.contact, decision.client_id) == (Contact.REPEAT, None)
