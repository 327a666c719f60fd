from __future__ import annotations

import pytest

from rules.settings_advice import Code, Kind, advice
from tests.unit.rules.calls import settings

NAMED = {"incoming_user_id": "u_in", "outgoing_user_id": "u_out"}
NOTHING = {"first": {"create_client": False}}
MISSED_TASK = {"lost_incoming": {"assign": "from_settings"}}
FUNNEL = {"pipeline_id": "p_1", "stage_id": "s_1"}
ROW = {"id": "f1", "entity": "deal", "target": "x", "value": "{{call_source}}"}


def codes(rules, **around):
    return {each.code for each in advice(rules, **around)}


def test_complete_settings_need_no_advice():
    assert advice(settings(responsible=NAMED, tasks=MISSED_TASK)) == ()


@pytest.mark.parametrize(
    ("sections", "code", "path"),
    [
        pytest.param({}, Code.MISSED_FOR_NOBODY, "responsible.incoming_user_id", id="defaults"),
        pytest.param(
            {"incoming": NOTHING, "tasks": MISSED_TASK},
            Code.MISSED_FOR_NOBODY,
            "responsible.incoming_user_id",
            id="task-for-nobody",
        ),
        pytest.param(
            {"outgoing": {"first": {"owner": "from_settings"}}},
            Code.OUTGOING_FOR_NOBODY,
            "responsible.outgoing_user_id",
            id="outgoing-for-nobody",
        ),
        pytest.param({}, Code.NO_BACKUP, "responsible.outgoing_user_id", id="caller-unmapped"),
        pytest.param(
            {"incoming": NOTHING, "outgoing": NOTHING},
            Code.NOTHING_CREATED,
            "incoming.first.create_client",
            id="nothing-at-all",
        ),
        pytest.param(
            {"outgoing": NOTHING},
            Code.SIDE_CREATES_NOTHING,
            "outgoing.first.create_client",
            id="no-outgoing",
        ),
        pytest.param(
            {"incoming": {**NOTHING, "repeat": {"create": "lead"}}},
            Code.NEW_NUMBERS_IGNORED,
            "incoming.first.create_client",
            id="only-known-clients",
        ),
        pytest.param({}, Code.MISSED_UNNOTICED, "tasks.lost_incoming.assign", id="missed"),
        pytest.param({"fields": [ROW]}, Code.FIELDS_UNUSED, "fields", id="field-of-a-deal"),
        pytest.param(
            {"templates": {"deal": {"title": "x"}}},
            Code.TEMPLATE_UNUSED,
            "templates.deal",
            id="template-of-a-deal",
        ),
        pytest.param(
            {"templates": {"task": {"text": "x"}}},
            Code.TEMPLATE_UNUSED,
            "templates.task",
            id="template-of-a-task",
        ),
        pytest.param(
            {"outgoing": NOTHING, "responsible": NAMED},
            Code.RESPONSIBLE_UNUSED,
            "responsible.outgoing_user_id",
            id="responsible-of-nothing",
        ),
        pytest.param({"funnels": FUNNEL}, Code.FUNNEL_UNUSED, "funnels.pipeline_id", id="funnel"),
        pytest.param(
            {"tasks": {"failed_outgoing": {"due_minutes": 30}}},
            Code.TASK_OPTIONS_UNUSED,
            "tasks.failed_outgoing.assign",
            id="due-time-without-task",
        ),
        pytest.param(
            {"working_hours": {"1": []}}, Code.ALWAYS_CLOSED, "working_hours", id="no-hours"
        ),
        pytest.param(
            {"incoming": {"personal_manager": {"address_book": True}}},
            Code.MANAGER_OPTIONS_UNUSED,
            "incoming.personal_manager.enabled",
            id="manager-off",
        ),
        pytest.param(
            {"incoming": {"personal_manager": {"enabled": True, "deputy_user_id": "u_1"}}},
            Code.DEPUTY_UNUSED,
            "incoming.personal_manager.deputy_user_id",
            id="deputy-never-asked",
        ),
        pytest.param(
            {"outgoing": {"click_to_call": {"allowed_countries": []}}},
            Code.NO_COUNTRY_ALLOWED,
            "outgoing.click_to_call.allowed_countries",
            id="no-country",
        ),
        pytest.param(
            {"outgoing": {"click_to_call": {"caps": {"user_per_minute": 90}}}},
            Code.CAP_UNREACHABLE,
            "outgoing.click_to_call.caps.user_per_minute",
            id="cap-above-the-common-one",
        ),
    ],
)
def test_advice(sections, code, path):
    found = {each.code: each.path for each in advice(settings(**sections))}

    assert found.get(code) == path


def test_gap_comes_first_and_is_marked_as_one():
    assert next(each.kind for each in advice(settings())) is Kind.GAP


def test_deputy_who_is_gone_contradicts_his_use():
    manager = {"enabled": True, "absent": "deputy", "deputy_user_id": "u_1"}
    rules = settings(incoming={"personal_manager": manager})

    assert Code.DEPUTY_IS_AWAY in codes(rules, absent_users=frozenset({"u_1"}))
    assert Code.DEPUTY_IS_AWAY not in codes(rules)


def test_number_is_compared_in_one_spelling_and_only_if_the_list_is_known():
    rules = settings(outgoing={"click_to_call": {"virtual_number": "+97140000001"}})

    assert Code.NUMBER_NOT_ACTIVE not in codes(rules)
    assert Code.NUMBER_NOT_ACTIVE not in codes(rules, active_numbers=["97140000001"])
    assert Code.NUMBER_NOT_ACTIVE in codes(rules, active_numbers=["97140000002"])


def test_fields_of_what_is_created_are_in_use():
    rules = settings(incoming={"repeat": {"create": "deal"}}, fields=[ROW], funnels=FUNNEL)

    assert not codes(rules) & {Code.FIELDS_UNUSED, Code.FUNNEL_UNUSED}
