"""Selects over what the CRM has: who and what can be chosen, and what is kept though it is gone."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from forms.funnels_step import FunnelsForm
from rules.choices import Choices, UserChoice
from rules.crm import Pipeline, Stage

CHOICES = Choices(
    users=(
        UserChoice("u_1", "Agent One", "agent.one@example.com", True, "101"),
        UserChoice("u_2", "Agent Two", None, True, None),
        UserChoice("u_3", "Agent Three", None, False, None),
    ),
    pipelines=(
        Pipeline("p_1", "Sales", "deal", (Stage("s_1", "New"), Stage("s_2", "Won", "won"))),
        Pipeline("p_2", "Rent", "deal", (Stage("s_21", "First"),)),
    ),
)


@pytest.fixture(autouse=True)
def request_context():
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    Babel(app)
    with app.test_request_context():
        yield


def form(document=None, **typed):
    formdata = MultiDict(typed) if typed else None
    return FunnelsForm(document or {}, formdata=formdata, choices=CHOICES)


def stored(pipeline, stage, user=None):
    return {
        "funnels": {"pipeline_id": pipeline, "stage_id": stage},
        "responsible": {"incoming_user_id": user, "outgoing_user_id": None},
    }


FULL = {
    "funnels__pipeline_id": "p_1",
    "funnels__stage_id": "s_1",
    "responsible__incoming_user_id": "u_1",
    "responsible__outgoing_user_id": "",
}


def test_what_is_typed_becomes_values_and_nobody_is_none():
    typed = form(**FULL)

    assert typed.validate()
    assert typed.values() == {
        "funnels.pipeline_id": "p_1",
        "funnels.stage_id": "s_1",
        "responsible.incoming_user_id": "u_1",
        "responsible.outgoing_user_id": None,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("funnels__pipeline_id", "p_9", id="unknown-funnel"),
        pytest.param("funnels__stage_id", "s_21", id="stage-of-another-funnel"),
        pytest.param("responsible__incoming_user_id", "u_9", id="unknown-user"),
        pytest.param("responsible__incoming_user_id", "u_3", id="inactive-user"),
    ],
)
def test_what_is_not_offered_is_refused(field, value):
    typed = form(**{**FULL, field: value})

    assert not typed.validate()
    assert field in typed.errors


def test_stored_stage_that_is_gone_stays_and_is_marked():
    shown = form(stored("p_1", "s_9"))

    assert '<option selected value="s_9">s_9 (deleted in Behomes)</option>' in str(
        shown.funnels__stage_id
    )
    assert form(stored("p_1", "s_9"), **{**FULL, "funnels__stage_id": "s_9"}).validate()


def test_gone_stage_does_not_follow_into_another_funnel():
    typed = {**FULL, "funnels__pipeline_id": "p_2", "funnels__stage_id": "s_9"}

    assert not form(stored("p_1", "s_9"), **typed).validate()


def test_stored_funnel_that_is_gone_stays_with_its_stage():
    typed = {**FULL, "funnels__pipeline_id": "p_9", "funnels__stage_id": "s_9"}

    assert form(stored("p_9", "s_9"), **typed).validate()


def test_no_funnel_has_no_stage():
    typed = form(stored("p_1", "s_1"), **{**FULL, "funnels__pipeline_id": ""})

    assert typed.validate()
    assert typed.values()["funnels.stage_id"] is None


def test_final_stages_stand_apart():
    shown = str(form(stored("p_1", "s_1")).funnels__stage_id)

    assert shown.index('value="s_1"') < shown.index("<optgroup") < shown.index('value="s_2"')


def test_people_carry_what_one_has_to_know_of_them():
    shown = str(form(stored(None, None, "u_3")).responsible__incoming_user_id)

    assert "Agent One · agent.one@example.com" in shown
    assert "Agent Two (not joined to CallGear)" in shown
    assert '<option selected value="u_3">Agent Three (inactive in Behomes)' in shown
    assert "<option disabled" in str(form().responsible__outgoing_user_id)


def test_stored_person_who_is_inactive_may_stay():
    typed = {**FULL, "responsible__incoming_user_id": "u_3"}

    assert form(stored(None, None, "u_3"), **typed).validate()
