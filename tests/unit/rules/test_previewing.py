"""The preview shows what is sent, tells what is missing, and never reads a value as a template."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.bodies import texts
from rules.formats import Regional
from rules.previewing import LIMITS, preview
from rules.sample_calls import Sample, full_values, sample_call
from rules.settings import load
from rules.standard_templates import ENTITY_FIELDS
from rules.templates import errors_of
from rules.variables import VARIABLES
from rules.vocabulary import Entity

DUBAI = Regional("ru", ZoneInfo("Asia/Dubai"), "AE")
FIELDS = [(entity, field) for entity, fields in ENTITY_FIELDS.items() for field in fields]
PARTS = st.sampled_from(
    ["Лид ", " ", "{{contact_phone_number|phone}}", "{{contact_full_name}}", "{{talk_duration}}",
     '{{campaign_name|default:"нет"}}', "{{direction}}", "}}", "<b>"]
)  # fmt: skip


@pytest.mark.parametrize(("entity", "field"), FIELDS)
@pytest.mark.parametrize("sample", Sample)
@given(parts=st.lists(PARTS, max_size=5))
def test_preview_is_what_the_job_sends(entity, field, sample, parts):
    own, call = "".join(parts), sample_call(sample, DUBAI)
    if errors_of(own):
        return
    values = call.values(entity)
    settings = load({"templates": {str(entity): {field: own}}})

    shown = preview(entity, field, own, values, DUBAI)

    assert shown.text == (texts(entity, settings, values, DUBAI)[field] or "")
    assert shown.length == len(shown.text)


@pytest.mark.parametrize(("entity", "field"), FIELDS)
def test_standard_preview_is_what_the_job_sends(entity, field):
    values = sample_call(Sample.LOST, DUBAI).values(entity)

    shown = preview(entity, field, None, values, DUBAI)

    assert shown.text == (texts(entity, load({}), values, DUBAI)[field] or "")
    assert not shown.is_standard_instead


def test_empty_variable_is_told_by_its_piece():
    values = sample_call(Sample.NEW, DUBAI).values(Entity.LEAD)

    shown = preview(Entity.LEAD, "title", "От {{contact_full_name}}!", values, DUBAI)

    missing = [piece.variable.name for piece in shown.pieces if piece.is_missing]
    assert missing == ["contact_full_name"]
    assert shown.text == "От !"


def test_title_that_comes_out_empty_takes_the_standard_one_and_says_so():
    values = sample_call(Sample.NEW, DUBAI).values(Entity.LEAD)

    title = preview(Entity.LEAD, "title", "{{contact_full_name}}", values, DUBAI)
    comment = preview(Entity.LEAD, "comment", "{{contact_full_name}}", values, DUBAI)

    assert title.is_standard_instead and title.text.startswith("Звонок с +971501234567")
    assert not comment.is_standard_instead and comment.text == ""


def test_wrong_template_has_errors_and_no_pieces():
    shown = preview(Entity.TASK, "text", "{{contact_fone}} {{", {}, DUBAI)

    assert [error.code for error in shown.errors] == ["unknown_variable", "unclosed"]
    assert shown.errors[0].nearest == "contact_phone_number"
    assert shown.pieces == () and shown.length == 0


def test_late_variables_are_named():
    shown = preview(Entity.LEAD, "title", "{{contact_phone_number}}{{talk_duration}}", {}, DUBAI)

    assert [each.name for each in shown.late] == ["talk_duration"]


@pytest.mark.parametrize("field", sorted(LIMITS))
def test_length_is_held_against_the_limit(field):
    entity = Entity.TASK if field == "text" else Entity.CLIENT if field == "name" else Entity.LEAD
    fits = preview(entity, field, "x" * LIMITS[field], {}, DUBAI)
    over = preview(entity, field, "x" * (LIMITS[field] + 1), {}, DUBAI)

    assert not fits.is_too_long and over.is_too_long


def test_value_that_looks_like_a_template_stays_text():
    values = {"contact_full_name": "{{talk_duration}}", "talk_duration": 75}

    shown = preview(Entity.LEAD, "title", "{{contact_full_name}}", values, DUBAI)

    assert shown.text == "{{talk_duration}}"


def test_new_client_has_no_name_in_the_crm_before_he_is_made():
    call = sample_call(Sample.NEW, DUBAI)

    assert "client_name" not in call.values(Entity.CLIENT)
    assert call.values(Entity.LEAD)["client_name"] == "Звонок +971501234567"
    assert sample_call(Sample.OUTGOING, DUBAI).values(Entity.CLIENT)["client_name"]


def test_lost_sample_was_not_answered():
    values = sample_call(Sample.LOST, DUBAI).values(Entity.TASK)

    assert values["call_status"] == "lost"
    assert "employee_full_name" not in values


def test_every_variable_has_an_example():
    assert set(full_values(DUBAI)) == set(VARIABLES)
