"""Settings in words: every value of the document, in both languages."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel

from blueprints.setup import spoken
from blueprints.setup.spoken import Speaker
from rules.choices import Choices, UserChoice
from rules.crm import CustomField, Pipeline, Stage
from rules.settings import DEFAULTS

ROW = {
    "id": "f1",
    "entity": "lead",
    "target": "utm",
    "value": "{{utm_source}}",
    "overwrite": True,
}
CHOICES = Choices(
    users=(UserChoice("u_1", "Agent One", None, True, None),),
    pipelines=(Pipeline("p_1", "Sales", "deal", (Stage("s_1", "New"),)),),
    fields={"lead": (CustomField("utm", "Source", "lead"),)},
)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setattr(spoken, "select_locale", lambda: "en")
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


@pytest.fixture
def speaker() -> Speaker:
    return Speaker.of(CHOICES, {**DEFAULTS, "fields": [ROW]})


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("incoming.first.create_client", True, "on"),
        ("incoming.first.create", "lead_and_deal", "Create a lead and a deal"),
        ("incoming.first.owner", "finished_by", "Employee who finished the call"),
        ("incoming.personal_manager.absent", "deputy", "Ring the deputy"),
        ("incoming.personal_manager.deputy_user_id", "u_1", "Agent One"),
        ("incoming.personal_manager.not_found_code", 7, "7"),
        ("tasks.failed_outgoing.assign", "caller", "Assign to the employee who made the call"),
        ("tasks.lost_incoming.due_minutes", 15, "15 min"),
        ("outgoing.click_to_call.virtual_number", "97142000001", "+971 4 200 0001"),
        ("outgoing.click_to_call.virtual_number", None, "the first active number of the account"),
        ("outgoing.click_to_call.allowed_countries", None, "the country of the integration"),
        ("outgoing.click_to_call.allowed_countries", ["AE"], "United Arab Emirates"),
        ("outgoing.click_to_call.allowed_countries", [], "none"),
        ("responsible.incoming_user_id", None, "nobody is chosen"),
        ("responsible.incoming_user_id", "u_9", "u_9 (deleted in Behomes)"),
        ("funnels.pipeline_id", "p_1", "Sales"),
        ("funnels.pipeline_id", "p_9", "p_9 (deleted in Behomes)"),
        ("funnels.stage_id", "s_1", "New"),
        ("funnels.stage_id", None, "not chosen"),
        (
            "funnels",
            {"pipeline_id": "p_1", "stage_id": None},
            "Default funnel: Sales; Default stage: not chosen",
        ),
        ("templates.lead", None, "standard"),
        ("templates.lead", {"title": None, "comment": None}, "standard"),
        ("templates.lead", {"title": "Call", "comment": ""}, "Lead template: title: “Call”"),
        ("templates.lead.title", "a\n b", "“a b”"),
        ("templates.lead.comment", "", "empty"),
        ("ignore.numbers", [], "none"),
        ("ignore.numbers", ["+971501234567"], "+971 50 123 4567"),
        ("ignore", {"numbers": ["1", "2", "3", "4", "5", "6"]}, "1, 2, 3, 4, 5 and 1 more"),
        ("working_hours", None, "always"),
        ("working_hours.1", [["09:00", "13:00"], ["14:00", "18:00"]], "09:00–13:00, 14:00–18:00"),
        ("working_hours.2", None, "closed"),
        ("fields", [], "none"),
        ("fields.f1", None, "none"),
        ("fields.f1", ROW, "“Source” (lead) ← “{{utm_source}}” (replaces what is filled in)"),
        ("fields.f1.entity", "deal", "deal"),
        ("fields.f1.overwrite", False, "off"),
    ],
)
def test_value_in_words(speaker, path, value, expected):
    assert speaker.value(path, value) == expected


def test_working_hours_name_the_days_that_are_open(speaker):
    told = speaker.value("working_hours", {"1": [["09:00", "18:00"]], "2": []})

    assert told == "Monday 09:00–18:00; closed on all other days"


def test_lists_that_were_never_read_make_nothing_gone():
    assert Speaker(Choices(), {}).value("funnels.stage_id", "s_9") == "s_9"


def test_rows_are_named_by_what_they_fill(speaker):
    assert speaker.label("fields.f1.value") == (
        "Additional field “Source” (lead): communication parameter"
    )


def test_long_texts_are_shortened(speaker):
    assert speaker.value("templates.task.text", "x" * 300) == f"“{'x' * 120}…”"


@pytest.mark.parametrize("path", ["incoming", "outgoing", "tasks", "funnels", "responsible"])
def test_whole_parts_can_be_told(speaker, path):
    assert "None" not in speaker.value(path, DEFAULTS[path])
