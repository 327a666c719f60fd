from __future__ import annotations

from copy import deepcopy

import pytest
from pydantic import ValidationError

from rules.settings import DEFAULTS, TaskAssign, dump, load
from rules.settings_changes import difference
from rules.settings_checks import problems
from rules.vocabulary import Create, Entity, OwnerRule

ROW = {"id": "f1", "entity": "lead", "target": "utm_source", "value": "{{utm_source}}"}


def test_missing_members_take_the_defaults():
    settings = load({})

    assert dump(settings) == DEFAULTS
    assert settings.incoming.first.create is Create.LEAD
    assert settings.outgoing.repeat.owner is OwnerRule.FROM_CLIENT_CARD
    assert settings.tasks.lost_incoming.due_minutes == 15
    assert problems({}) == ()


def test_a_partial_document_keeps_what_it_says():
    settings = load({"schema": 1, "tasks": {"failed_outgoing": {"assign": "caller"}}})

    assert settings.task_rule("failed_outgoing").assign is TaskAssign.CALLER
    assert settings.task_rule("lost_incoming").assign is TaskAssign.NONE


def test_a_full_document_comes_back_the_same():
    document = deepcopy(DEFAULTS)
    document["fields"] = [{**ROW, "overwrite": True}]
    document["templates"]["lead"] = {"title": "x", "comment": None}
    document["working_hours"] = {"1": [["09:00", "13:00"], ["14:00", "24:00"]], "7": []}
    document["outgoing"]["click_to_call"]["allowed_countries"] = ["AE", "RU"]

    assert dump(load(document)) == document
    assert problems(document) == ()


def test_rows_without_an_id_get_free_ones():
    rows = [{**ROW, "target": "a"}, {**ROW, "target": "b"}, {**ROW, "target": "c"}]
    del rows[0]["id"], rows[2]["id"]

    assert [row.id for row in load({"fields": rows}).fields] == ["f2", "f1", "f3"]


def test_a_broken_document_is_not_loaded():
    with pytest.raises(ValidationError):
        load({"incoming": {"first": {"owner": "caller"}}})


@pytest.mark.parametrize(
    ("direction", "create", "responsible"),
    [
        pytest.param("inbound", Create.DEAL, "u_in", id="inbound"),
        pytest.param("outbound", Create.LEAD, "u_out", id="outbound"),
    ],
)
def test_each_side_has_its_rules(direction, create, responsible):
    settings = load(
        {
            "incoming": {"first": {"create": "deal"}},
            "responsible": {"incoming_user_id": "u_in", "outgoing_user_id": "u_out"},
        }
    )

    assert settings.side(direction).first.create is create
    assert settings.responsible_for(direction) == responsible


def test_internal_calls_have_no_rules():
    with pytest.raises(ValueError, match="internal"):
        load({}).side("internal")


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        pytest.param("971501234567", True, id="as-the-pbx-sends-it"),
        pytest.param("+971 50 123-45-67", True, id="another-spelling"),
        pytest.param("0160002", True, id="raw"),
        pytest.param("971501234568", False, id="neighbour"),
        pytest.param(None, False, id="hidden"),
    ],
)
def test_ignored_in_any_spelling(phone, expected):
    settings = load({"ignore": {"numbers": ["050 123 4567", "0160002"]}})

    assert settings.is_ignored(phone, "AE") is expected


def test_template_texts_fall_back_to_the_standard():
    templates = load({"templates": {"lead": {"title": "x"}}}).templates

    assert templates.text_of(Entity.LEAD, "title") == "x"
    assert templates.text_of(Entity.LEAD, "comment") is None
    assert templates.text_of(Entity.TASK, "text") is None


def test_differences_are_told_by_path_and_row():
    old = load({"fields": [ROW, {**ROW, "id": "f2", "target": "x"}]})
    new = load(
        {
            "incoming": {"first": {"create": "deal"}},
            "templates": {"lead": {"title": "x"}},
            "fields": [{**ROW, "overwrite": True}],
        }
    )

    changes = difference(old, new)

    assert changes[:3] == [
        ("incoming.first.create", "lead", "deal"),
        ("templates.lead", None, {"title": "x", "comment": None}),
        ("fields.f1.overwrite", False, True),
    ]
    assert changes[3][0] == "fields.f2"
    assert changes[3][2] is None
    assert difference(old, old) == []
