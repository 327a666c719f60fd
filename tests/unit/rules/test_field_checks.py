"""What a row sends of an example call, and whether the field takes it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from rules.crm import CustomField, FieldOption
from rules.field_checks import check_row, late_variables, plain_variable, unfilled
from rules.formats import Regional
from rules.sample_calls import full_values
from rules.settings import load
from rules.vocabulary import Entity

DUBAI = Regional("ru", ZoneInfo("Asia/Dubai"), "AE")
SAMPLES = full_values(DUBAI)
OPTIONS = (FieldOption("o1", "Google"), FieldOption("o2", "Own use"))


def field(kind: str, *, required: bool = False, key: str = "f") -> CustomField:
    return CustomField(key, "A field", "lead", kind, required, OPTIONS)


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        ("{{talk_duration}}", "number", True),
        ("{{utm_source}}", "number", False),
        ("{{talk_duration}} с", "number", False),
        ("{{start_time}}", "datetime", True),
        ("{{start_time}}", "date", True),
        ("{{call_date}}", "date", True),
        ("{{call_time}}", "date", False),
        ("{{utm_source}}", "enum", True),
        ("{{utm_medium}}", "enum", False),
        ("{{is_transfer}}", "boolean", True),
        ("{{direction}}", "boolean", False),
        ("{{utm_source}}", "string", None),
        ("anything", "url", None),
    ],
)
def test_type_of_the_field_is_held_against_an_example(value, kind, fits):
    assert check_row(value, field(kind), SAMPLES, DUBAI).fits is fits


def test_without_a_known_field_nothing_is_told():
    checked = check_row("{{utm_source}} x", None, SAMPLES, DUBAI)

    assert (checked.sample, checked.fits) == ("google x", None)


@pytest.mark.parametrize("value", ["{{nothing}}", "{{", "{{}}"])
def test_wrong_template_has_no_sample(value):
    assert check_row(value, field("number"), SAMPLES, DUBAI).sample is None


def test_value_known_after_the_call_is_late():
    assert check_row("{{talk_duration}}", None, SAMPLES, DUBAI).is_late
    assert not check_row("{{contact_phone_number}}", None, SAMPLES, DUBAI).is_late


@pytest.mark.parametrize(
    ("value", "variable"),
    [
        ("{{utm_source}}", "utm_source"),
        ("{{utm_source|upper}}", None),
        ("{{utm_source}} ", None),
        ("{{file_link}}", None),  # an alias stays as it was written
        ("{{nothing}}", None),
        ("utm_source", None),
        ("", None),
    ],
)
def test_plain_parameter_is_told_from_a_text(value, variable):
    assert plain_variable(value) == variable


def test_late_variables_of_rows_are_named_once():
    row = {"entity": "lead", "value": "{{talk_duration}} {{client_name}}"}
    settings = load({"fields": [row | {"target": "a"}, row | {"target": "b"}]})

    assert [each.name for each in late_variables(settings.fields)] == ["talk_duration"]


def test_required_field_without_a_row_is_told():
    must, may = field("string", required=True, key="must"), field("string", key="may")
    row = {"entity": "lead", "target": "must", "value": "x"}

    assert unfilled(Entity.LEAD, [must, may], load({})) == (must,)
    assert unfilled(Entity.LEAD, [must, may], load({"fields": [row]})) == ()
    assert unfilled(Entity.DEAL, [must], load({"fields": [row]})) == (must,)
