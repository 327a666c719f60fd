from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.crm import CrmUser, CustomField, Pipeline, Stage
from rules.settings import DEFAULTS, dump, load
from rules.settings_checks import References, problems
from rules.settings_words import SENTENCES, sentence

OWNER = "from_settings"
ROW = {"id": "f1", "entity": "lead", "target": "utm_source", "value": "{{utm_source}}"}
KNOWN = References(
    users=frozenset({"u_1"}),
    pipelines={"p_1": frozenset({"s_11"})},
    fields={"lead": frozenset({"utm_source"})},
)
DEAL = {"incoming": {"repeat": {"create": "deal"}}}


def places(document, known=None):
    return [(problem.path, problem.code) for problem in problems(document, known)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param([], [("", "wrong_type")], id="a-list"),
        pytest.param(None, [("", "wrong_type")], id="nothing"),
        pytest.param({"schema": 2}, [("schema", "not_one_of")], id="another-schema"),
        pytest.param({"incomming": {}}, [("incomming", "unknown_member")], id="unknown-section"),
        pytest.param(
            {"incoming": {"first": {"owner": "caller"}}},
            [("incoming.first.owner", "not_one_of")],
            id="owner-of-the-other-side",
        ),
        pytest.param(
            {"outgoing": {"first": {"owner": "from_client_card"}}},
            [("outgoing.first.owner", "not_one_of")],
            id="client-card-only-for-repeat",
        ),
        pytest.param(
            {"tasks": {"lost_incoming": {"assign": "caller"}}},
            [("tasks.lost_incoming.assign", "not_one_of")],
            id="nobody-called-on-a-lost-call",
        ),
        pytest.param(
            {"tasks": {"failed_outgoing": {"assign": OWNER, "due_minutes": 0}}},
            [
                ("tasks.failed_outgoing.assign", "not_one_of"),
                ("tasks.failed_outgoing.due_minutes", "too_small"),
            ],
            id="two-at-once",
        ),
        pytest.param(
            {"incoming": {"first": {"create_client": 1}}},
            [("incoming.first.create_client", "wrong_type")],
            id="number-for-a-flag",
        ),
        pytest.param({"funnels": None}, [("funnels", "wrong_type")], id="null-section"),
        pytest.param(
            {"funnels": {"pipeline_id": ""}}, [("funnels.pipeline_id", "empty")], id="empty-id"
        ),
        pytest.param(
            {"outgoing": {"click_to_call": {"caps": {"number_per_hour": 0}}}},
            [("outgoing.click_to_call.caps.number_per_hour", "too_small")],
            id="cap-of-none",
        ),
        pytest.param(
            {"outgoing": {"click_to_call": {"allowed_countries": ["AE", "Dubai"]}}},
            [("outgoing.click_to_call.allowed_countries.1", "unknown_country")],
            id="country-name",
        ),
        pytest.param(
            {"ignore": {"numbers": ["0501234567", "mother"]}},
            [("ignore.numbers.1", "not_a_number")],
            id="name-on-the-ignore-list",
        ),
        pytest.param(
            {"fields": [{**ROW, "entity": "task"}]},
            [("fields.0.entity", "not_one_of")],
            id="no-fields-of-tasks",
        ),
        pytest.param(
            {"fields": [{"id": "f1"}]},
            [
                ("fields.0.entity", "empty"),
                ("fields.0.target", "empty"),
                ("fields.0.value", "empty"),
            ],
            id="empty-row",
        ),
        pytest.param(
            {"fields": [{**ROW, "id": ["f1"], "target": ["x"]}]},
            [("fields.0.id", "wrong_type"), ("fields.0.target", "wrong_type")],
            id="lists-in-a-row",
        ),
        pytest.param(
            {"fields": [{**ROW, "value": "a\x00b"}]},
            [("fields.0.value", "bad_character")],
            id="nul-character",
        ),
        pytest.param({"fields": {1, 2}}, [("", "not_json")], id="not-json"),
        pytest.param({"funnels": {"stage_id": "\ud800"}}, [("", "not_json")], id="half-a-sign"),
        pytest.param(
            {"templates": {"task": {"title": "x"}}},
            [("templates.task.title", "unknown_member")],
            id="field-of-another-entity",
        ),
        pytest.param(
            {"working_hours": {"0": [], "1": [["18:00", "09:00"]], "2": [["9", "18:00"]]}},
            [
                ("working_hours.0", "not_one_of"),
                ("working_hours.1.0", "span_backwards"),
                ("working_hours.2.0.0", "bad_time"),
            ],
            id="working-hours",
        ),
        pytest.param(
            {"working_hours": {"3": [["12:00", "18:00"], ["09:00", "12:30"]]}},
            [("working_hours.3", "spans_overlap")],
            id="overlapping-hours",
        ),
    ],
)
def test_wrong_shape(document, expected):
    assert sorted(places(document)) == sorted(expected)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            {"incoming": {"first": {"owner": OWNER}}},
            [("responsible.incoming_user_id", "required")],
            id="first-owner",
        ),
        pytest.param(
            {"incoming": {"first": {"owner": OWNER, "create": "nothing"}}},
            [("responsible.incoming_user_id", "required")],
            id="first-owner-counts-for-the-client-alone",
        ),
        pytest.param(
            {"outgoing": {"first": {"owner": OWNER, "create": "deal", "create_client": False}}},
            [],
            id="first-does-not-count-with-the-switch-off",
        ),
        pytest.param(
            {"outgoing": {"repeat": {"owner": OWNER}}},
            [],
            id="repeat-owner-does-not-count-with-nothing",
        ),
        pytest.param(
            {"outgoing": {"repeat": {"owner": OWNER, "create": "lead"}}},
            [("responsible.outgoing_user_id", "required")],
            id="repeat-owner",
        ),
        pytest.param(
            DEAL,
            [("funnels.pipeline_id", "required"), ("funnels.stage_id", "required")],
            id="deal-needs-a-funnel",
        ),
        pytest.param(
            {"outgoing": {"first": {"create": "lead_and_deal"}}, "funnels": {"pipeline_id": "p"}},
            [("funnels.stage_id", "required")],
            id="and-a-stage",
        ),
        pytest.param(
            {"tasks": {"lost_incoming": {"assign": OWNER}}},
            [("responsible.incoming_user_id", "required")],
            id="task",
        ),
        pytest.param(
            {"tasks": {"failed_outgoing": {"assign": "caller"}}}, [], id="task-of-the-caller"
        ),
        pytest.param(
            {"incoming": {"personal_manager": {"enabled": True, "absent": "deputy"}}},
            [("incoming.personal_manager.deputy_user_id", "required")],
            id="deputy",
        ),
        pytest.param(
            {"incoming": {"personal_manager": {"absent": "deputy"}}},
            [],
            id="deputy-of-nobody",
        ),
        pytest.param(
            {"fields": [ROW, {**ROW, "id": "f2"}]},
            [("fields.0.target", "duplicate_target"), ("fields.1.target", "duplicate_target")],
            id="one-target-twice",
        ),
        pytest.param(
            {"fields": [ROW, {**ROW, "target": "x"}]},
            [("fields.0.id", "duplicate_id"), ("fields.1.id", "duplicate_id")],
            id="one-id-twice",
        ),
        pytest.param(
            {"fields": [ROW, {**ROW, "id": "f2", "entity": "client"}]}, [], id="two-entities"
        ),
        pytest.param(
            {"fields": [{**ROW, "value": "{{utm_sorce}} {{gclid|fone}}"}]},
            [("fields.0.value", "unknown_variable"), ("fields.0.value", "unknown_filter")],
            id="template-of-a-row",
        ),
        pytest.param(
            {"templates": {"task": {"text": "{{"}}},
            [("templates.task.text", "unclosed")],
            id="template",
        ),
    ],
)
def test_what_does_not_fit_together(document, expected):
    assert places(document) == expected


def test_all_problems_come_at_once_in_the_order_of_the_document():
    document = {
        "fields": [{**ROW, "value": "{{x}}"}],
        "templates": {"lead": {"title": "{{contact_fone}}"}},
        "outgoing": {"first": {"owner": OWNER, "create": "salad"}},
        "incoming": {"repeat": {"create": "deal", "owner": "nobody"}},
        "funnels": {"pipeline_id": 5, "stage_id": "s_99"},
    }

    assert places(document, KNOWN) == [
        ("incoming.repeat.owner", "not_one_of"),
        ("outgoing.first.create", "not_one_of"),
        ("templates.lead.title", "unknown_variable"),
        ("funnels.pipeline_id", "wrong_type"),
        ("responsible.outgoing_user_id", "required"),
        ("fields.0.value", "unknown_variable"),
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"responsible": {"incoming_user_id": "u_1"}}, [], id="there"),
        pytest.param(
            {"responsible": {"outgoing_user_id": "u_9"}},
            [("responsible.outgoing_user_id", "missing_reference")],
            id="responsible-gone",
        ),
        pytest.param(
            {**DEAL, "funnels": {"pipeline_id": "p_9", "stage_id": "s_11"}},
            [("funnels.pipeline_id", "missing_reference")],
            id="pipeline-gone",
        ),
        pytest.param(
            {**DEAL, "funnels": {"pipeline_id": "p_1", "stage_id": "s_99"}},
            [("funnels.stage_id", "missing_reference")],
            id="stage-of-another-pipeline",
        ),
        pytest.param(
            {"funnels": {"pipeline_id": "p_9", "stage_id": "s_11"}}, [], id="unused-pipeline-gone"
        ),
        pytest.param(
            {"fields": [{**ROW, "entity": "deal"}]},
            [("fields.0.target", "missing_reference")],
            id="field-of-another-entity",
        ),
    ],
)
def test_references_that_the_crm_no_longer_has(document, expected):
    assert places(document, KNOWN) == expected
    assert places(document) == []


def test_required_names_what_needs_it():
    document = {"incoming": {"first": {"owner": OWNER}, "repeat": {"create": "lead"}}}

    (problem,) = problems(document)

    assert problem.values == {"because": ["incoming.first.owner"]}
    assert sentence(problem, "ru") == (
        "Заполните «Ответственный за входящие звонки»: это нужно для настройки "
        "«Входящие, первичные обращения: создавать на сотрудника»."
    )


def test_a_sentence_names_position_and_nearest_variable():
    (problem,) = problems({"templates": {"lead": {"title": "Лид {{contact_fone}}"}}})

    assert sentence(problem, "ru") == (
        "Неизвестная переменная «contact_fone» на месте 7 — возможно, «contact_phone_number»."
    )


def test_both_languages_know_the_same_sentences():
    assert set(SENTENCES["ru"]) == set(SENTENCES["en"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from([*DEFAULTS, "first", "id", "x"]), inside, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_document_has_problems_or_loads(document):
    found = problems(document, KNOWN)

    assert found or dump(load(document))
    assert {problem.code for problem in found} <= set(SENTENCES["en"])
    assert all(sentence(problem, "en") and sentence(problem, "ru") for problem in found)


def test_only_what_can_be_chosen_is_known():
    known = References.of(
        users=[CrmUser("u_1", "Agent One"), CrmUser("u_2", "Agent Two", active=False)],
        pipelines=[
            Pipeline("p_1", "Sales", stages=(Stage("s_11", "New"),)),
            Pipeline("p_2", "Leads", entity="lead"),
        ],
        fields=[CustomField("utm_source", "UTM", "lead")],
    )

    assert known == KNOWN
    assert References.of() == References()


REQUIRED = References(required_fields={"lead": frozenset({"budget"}), "deal": frozenset({"areas"})})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({}, ["budget"], id="leads-are-created-by-default"),
        pytest.param(
            {"fields": [{"id": "f1", "entity": "lead", "target": "budget", "value": "0"}]},
            [],
            id="a-row-fills-it",
        ),
        pytest.param(
            {"fields": [{"id": "f1", "entity": "client", "target": "budget", "value": "0"}]},
            ["budget"],
            id="a-row-of-another-entity",
        ),
        pytest.param(
            {
                "incoming": {"first": {"create": "nothing"}},
                "outgoing": {"first": {"create": "nothing"}},
            },
            [],
            id="nothing-creates-leads",
        ),
        pytest.param(
            {
                "incoming": {"first": {"create_client": False}},
                "outgoing": {"first": {"create_client": False}},
            },
            [],
            id="first-contacts-create-nothing",
        ),
        pytest.param(
            {"incoming": {"first": {"create": "lead_and_deal"}}},
            ["areas", "budget"],
            id="both",
        ),
    ],
)
def test_fields_that_the_crm_requires_must_be_filled_where_they_are_created(document, expected):
    found = [each for each in problems(document, REQUIRED) if each.code == "required_field"]

    assert [each.values["target"] for each in found] == expected
    assert all("Behomes" in sentence(each, "ru") for each in found)
    assert places(document) == [place for place in places(document) if place[1] != "required_field"]
