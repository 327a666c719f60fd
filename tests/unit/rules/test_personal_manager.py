from __future__ import annotations

import pytest

from rules.crm import Client
from rules.owner import People
from rules.personal_manager import Why, answer_manager
from rules.settings import PersonalManager, load

PEOPLE = People({"101": "u_1", "102": "u_2", "103": "u_3"}, frozenset({"u_gone", "u_3"}))
PHONES = {"101": ["+971501112233", "117"], "102": ["118"], "103": ["119"]}


def rule(**members):
    manager = {"enabled": True, "not_found_code": 7, **members}
    return load({"incoming": {"personal_manager": manager}}).incoming.personal_manager


def of(user):
    return Client("c_1", responsible_user_id=user)


@pytest.mark.parametrize(
    ("client", "settings", "why", "answer"),
    [
        pytest.param(
            of("u_1"), rule(), Why.MANAGER, {"phones": ["971501112233", "117"]}, id="found"
        ),
        pytest.param(of("u_1"), rule(enabled=False), Why.OFF, {"returned_code": 7}, id="off"),
        pytest.param(None, rule(), Why.NO_CLIENT, {"returned_code": 7}, id="nobody known"),
        pytest.param(of(None), rule(), Why.NO_RESPONSIBLE, {"returned_code": 7}, id="no manager"),
        pytest.param(of("u_9"), rule(), Why.NO_EMPLOYEE, {"returned_code": 7}, id="not joined"),
        pytest.param(of("u_3"), rule(), Why.MANAGER, {"phones": ["119"]}, id="away, rung anyway"),
        pytest.param(
            of("u_3"), rule(absent="not_found"), Why.ABSENT, {"returned_code": 7}, id="away"
        ),
        pytest.param(
            of("u_3"),
            rule(absent="deputy", deputy_user_id="u_2"),
            Why.DEPUTY,
            {"phones": ["118"]},
            id="deputy",
        ),
        pytest.param(
            of("u_3"),
            rule(absent="deputy", deputy_user_id="u_gone"),
            Why.ABSENT,
            {"returned_code": 7},
            id="deputy away too",
        ),
        pytest.param(
            of("u_3"), rule(absent="deputy"), Why.ABSENT, {"returned_code": 7}, id="no deputy"
        ),
    ],
)
def test_answer(client, settings, why, answer):
    found = answer_manager(client, settings, PEOPLE, PHONES)

    assert (found.why, found.as_json()) == (why, answer)


def test_an_employee_without_phones_is_not_found():
    found = answer_manager(of("u_1"), rule(), PEOPLE, {})

    assert (found.why, found.returned_code, found.user_id) == (Why.NO_PHONES, 7, "u_1")


def test_the_defaults_answer_not_found():
    assert answer_manager(of("u_1"), PersonalManager(), PEOPLE, PHONES).returned_code == 1


@pytest.mark.parametrize(
    ("settings", "away", "why"),
    [
        (rule(), {"101"}, Why.MANAGER),
        (rule(absent="not_found"), {"101"}, Why.ABSENT),
        (rule(absent="deputy", deputy_user_id="u_2"), {"101"}, Why.DEPUTY),
        (rule(absent="deputy", deputy_user_id="u_2"), {"101", "102"}, Why.ABSENT),
        (rule(absent="not_found"), {"102"}, Why.MANAGER),
    ],
)
def test_who_is_away_by_his_status_in_the_pbx_counts_as_absent(settings, away, why):
    assert answer_manager(of("u_1"), settings, PEOPLE, PHONES, away).why is why
