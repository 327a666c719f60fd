from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from blueprints.reasons import (
    SENTENCES,
    STATE_REASONS,
    Names,
    is_told,
    sentence,
    state_reason,
    tone,
)
from rules.reasons import Code
from rules.vocabulary import Create, Direction, Entity

NAMES = Names(employees={"101": "Agent One"}, users={"u_17": "Agent One", "u_18": "Agent Two"})


@pytest.fixture
def pages():
    app = Flask("pages", root_path=".")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_sentence(code):
    assert code in SENTENCES


@pytest.mark.parametrize("locale", ["ru", "en"])
@pytest.mark.parametrize("code", list(Code))
def test_sentence_stands_in_both_languages_whatever_its_values(pages, code, locale):
    with force_locale(locale):
        told = sentence(code, {}, NAMES)

    assert told != code
    assert "%(" not in told
    assert bool(re.search("[а-яё]", told)) is (locale == "ru")


@pytest.mark.parametrize(
    ("code", "values", "russian"),
    [
        (
            Code.RULE,
            {"contact": "first", "create": Create.LEAD},
            "Правило для этого звонка: первичное обращение, создавать лид.",
        ),
        (
            Code.OWNER_ANSWERED_BY,
            {"employee_id": "101", "user_id": "u_17"},
            "Ответственный: Agent One — принял звонок.",
        ),
        (
            Code.FALLBACK_SETTINGS,
            {"user_id": "u_18"},
            "Вместо этого: Agent Two, ответственный из настроек интеграции.",
        ),
        (Code.EMPLOYEE_UNMAPPED, {"employee_id": "109"}, "Сотрудник 109 не связан"),
        (Code.RESPONSIBLE_NOT_SET, {"direction": Direction.INBOUND}, "(звонок: входящий)"),
        (Code.FIELD_KEPT, {"entity": Entity.LEAD, "target": "utm"}, "Поле «utm» (лид)"),
        (Code.WRITE_REFUSED, {"kind": "lead", "message": "100% no"}, "Behomes отказал: 100% no"),
        (Code.CLIENT_CHOSEN_OLDEST, {"client_id": "c_1", "others": ["c_2", "c_3"]}, "c_2, c_3"),
    ],
)
def test_values_are_told_in_words(pages, code, values, russian):
    with force_locale("ru"):
        assert russian in sentence(code, values, NAMES)


def test_unknown_code_is_shown_as_it_is(pages):
    assert sentence("from_a_newer_version", {}, NAMES) == "from_a_newer_version"


def test_reason_of_a_state_is_a_few_words(pages):
    with force_locale("en"):
        assert state_reason("paused") == "Processing is paused"
        assert state_reason(Code.CALL_INTERNAL).startswith("An internal call")
        assert state_reason(None) == ""


@pytest.mark.parametrize(
    ("code", "kind"),
    [(Code.RULE, "decided"), (Code.WRITE_DONE, "done"), (Code.WRITE_DEAD, "error"), ("x", "")],
)
def test_tone_of_a_moment(code, kind):
    assert tone(code) == kind


@pytest.mark.parametrize("state", ["waiting", "failed", "skipped"])
def test_every_reason_that_a_call_may_rest_with_has_its_words(state):
    source = (Path(__file__).parents[3] / "services/call_work.py").read_text()
    told = re.findall(rf'CallState\.{state.upper()}, "([a-z_]+)"', source)

    assert told
    assert set(told) <= set(STATE_REASONS)


@pytest.mark.parametrize(
    ("code", "values", "is_part"),
    [
        (Code.CRM_REQUEST, {"path": "/clients"}, False),
        (Code.RULE, {"kind": "task", "create": None}, False),
        (Code.RULE, {"kind": "contact", "create": "lead"}, True),
        (Code.CALL_INTERNAL, {}, True),
    ],
)
def test_what_belongs_to_the_story(code, values, is_part):
    assert is_told(code, values) is is_part
