from __future__ import annotations

import pytest

from rules.crm import Client
from rules.owner import People, choose_owner
from rules.reasons import Code
from rules.vocabulary import Direction, OwnerRule
from tests.unit.rules.calls import facts, settings

PEOPLE = People(
    user_by_employee={"101": "u_101", "102": "u_102", "103": "u_103", "109": "u_gone"},
    absent_users=frozenset({"u_gone"}),
)
CALL = facts(answered_by="101", finished_by="102", caller="103")
BOTH = settings(responsible={"incoming_user_id": "u_in", "outgoing_user_id": "u_out"})
NOBODY_SET = settings()
GONE_SET = settings(responsible={"incoming_user_id": "u_gone", "outgoing_user_id": "u_gone"})
CARD = Client("c_1", responsible_user_id="u_card")
BARE_CARD = Client("c_1")
GONE_CARD = Client("c_1", responsible_user_id="u_gone")


def codes(owner):
    return [reason.code for reason in owner.reasons]


@pytest.mark.parametrize(
    ("rule", "user", "code"),
    [
        pytest.param("answered_by", "u_101", Code.OWNER_ANSWERED_BY, id="answered_by"),
        pytest.param("finished_by", "u_102", Code.OWNER_FINISHED_BY, id="finished_by"),
        pytest.param("caller", "u_103", Code.OWNER_CALLER, id="caller"),
        pytest.param("from_client_card", "u_card", Code.OWNER_FROM_CLIENT_CARD, id="card"),
        pytest.param("from_settings", "u_in", Code.OWNER_FROM_SETTINGS, id="settings"),
    ],
)
def test_the_rule_answers(rule, user, code):
    owner = choose_owner(OwnerRule(rule), CALL, CARD, BOTH, PEOPLE)

    assert (owner.user_id, owner.fallback, codes(owner)) == (user, None, [code])


@pytest.mark.parametrize(
    ("direction", "user"),
    [
        pytest.param(Direction.INBOUND, "u_in", id="inbound"),
        pytest.param(Direction.OUTBOUND, "u_out", id="outbound"),
        pytest.param(None, "u_in", id="never-told"),
    ],
)
def test_each_direction_has_its_own_responsible(direction, user):
    call = facts(direction=direction)

    assert choose_owner(OwnerRule.FROM_SETTINGS, call, None, BOTH, PEOPLE).user_id == user
    assert choose_owner(OwnerRule.ANSWERED_BY, call, None, BOTH, PEOPLE).user_id == user


WHY = [
    pytest.param("answered_by", {}, CARD, Code.NOBODY_ANSWERED, id="nobody-answered"),
    pytest.param("finished_by", {}, CARD, Code.NOBODY_FINISHED, id="nobody-finished"),
    pytest.param("caller", {}, CARD, Code.CALLER_UNKNOWN, id="no-caller"),
    pytest.param(
        "answered_by", {"answered_by": "100"}, CARD, Code.EMPLOYEE_UNMAPPED, id="answered-unmapped"
    ),
    pytest.param(
        "finished_by", {"finished_by": "100"}, CARD, Code.EMPLOYEE_UNMAPPED, id="finished-unmapped"
    ),
    pytest.param("caller", {"caller": "100"}, CARD, Code.EMPLOYEE_UNMAPPED, id="caller-unmapped"),
    pytest.param(
        "answered_by", {"answered_by": "109"}, CARD, Code.USER_INACTIVE, id="answered-inactive"
    ),
    pytest.param(
        "finished_by", {"finished_by": "109"}, CARD, Code.USER_INACTIVE, id="finished-inactive"
    ),
    pytest.param("caller", {"caller": "109"}, CARD, Code.USER_INACTIVE, id="caller-inactive"),
    pytest.param("from_client_card", {}, BARE_CARD, Code.CARD_WITHOUT_RESPONSIBLE, id="bare-card"),
    pytest.param("from_client_card", {}, None, Code.CARD_WITHOUT_RESPONSIBLE, id="no-card"),
    pytest.param("from_client_card", {}, GONE_CARD, Code.USER_INACTIVE, id="card-inactive"),
]


@pytest.mark.parametrize(("rule", "people", "client", "why"), WHY)
def test_without_an_answer_the_responsible_of_the_settings_takes_it(rule, people, client, why):
    owner = choose_owner(OwnerRule(rule), facts(**people), client, BOTH, PEOPLE)

    assert (owner.user_id, owner.fallback) == ("u_in", "responsible_from_settings")
    assert codes(owner) == [why, Code.FALLBACK_SETTINGS]


@pytest.mark.parametrize("responsible", [NOBODY_SET, GONE_SET], ids=["not-set", "inactive"])
@pytest.mark.parametrize(("rule", "people", "client", "why"), WHY[:9])
def test_without_him_the_client_s_responsible(rule, people, client, why, responsible):
    owner = choose_owner(OwnerRule(rule), facts(**people), client, responsible, PEOPLE)

    assert (owner.user_id, owner.fallback) == ("u_card", "client_responsible")
    assert codes(owner) == [why, Code.FALLBACK_CLIENT]


@pytest.mark.parametrize("client", [None, BARE_CARD, GONE_CARD], ids=["none", "bare", "inactive"])
@pytest.mark.parametrize("responsible", [NOBODY_SET, GONE_SET], ids=["not-set", "inactive"])
@pytest.mark.parametrize("rule", list(OwnerRule))
def test_at_last_nobody_is_sent(rule, responsible, client):
    owner = choose_owner(rule, facts(), client, responsible, PEOPLE)

    assert (owner.user_id, owner.fallback) == (None, "nobody")
    assert codes(owner)[-1] is Code.FALLBACK_NOBODY


@pytest.mark.parametrize(
    ("responsible", "why"),
    [
        pytest.param(NOBODY_SET, Code.RESPONSIBLE_NOT_SET, id="not-set"),
        pytest.param(GONE_SET, Code.USER_INACTIVE, id="inactive"),
    ],
)
def test_the_rule_from_settings_falls_back_to_the_client_s_responsible(responsible, why):
    owner = choose_owner(OwnerRule.FROM_SETTINGS, CALL, CARD, responsible, PEOPLE)

    assert (owner.user_id, owner.fallback) == ("u_card", "client_responsible")
    assert codes(owner) == [why, Code.FALLBACK_CLIENT]


@pytest.mark.parametrize("employee", ["", None])
def test_an_employee_without_an_id_is_nobody(employee):
    owner = choose_owner(OwnerRule.ANSWERED_BY, facts(answered_by=employee), None, BOTH, PEOPLE)

    assert codes(owner)[0] is Code.NOBODY_ANSWERED


def test_reasons_carry_who_they_are_about():
    call = facts(answered_by="101")

    owner = choose_owner(OwnerRule.ANSWERED_BY, call, None, BOTH, PEOPLE)

    assert owner.reasons[0].as_json() == {
        "code": "owner_answered_by",
        "values": {"employee_id": "101", "user_id": "u_101"},
    }
