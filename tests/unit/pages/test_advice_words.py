"""Every advice has its sentence."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel

from blueprints.setup.advice_words import BY_VALUE, SENTENCES, advice_sentence
from rules.settings_advice import Advice, Code, Kind

SPECIAL = {Code.MISSED_UNNOTICED, Code.FIELDS_UNUSED}


@pytest.fixture(autouse=True)
def request_context():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def told(code, **values):
    return advice_sentence(Advice(Kind.HINT, code, "fields", values))


@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_told_in_one_place(code):
    assert [code in SENTENCES, code in BY_VALUE, code in SPECIAL].count(True) == 1


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [(code, name, value) for code, (name, cases) in BY_VALUE.items() for value in cases],
)
def test_sentences_are_chosen_by_the_value(code, name, value):
    assert "%" not in told(code, **{name: value})


@pytest.mark.parametrize("contacts", [["first"], ["repeat"], ["first", "repeat"]])
def test_unnoticed_calls(contacts):
    assert "overlooked" in told(Code.MISSED_UNNOTICED, contacts=contacts)


@pytest.mark.parametrize("entity", ["lead", "deal"])
def test_unused_fields_are_counted(entity):
    assert told(Code.FIELDS_UNUSED, entity=entity, count=2).startswith("2 additional fields of")


def test_values_are_filled_in():
    assert "10 calls a minute, all together only 5" in told(
        Code.CAP_UNREACHABLE, user=10, integration=5
    )
    assert "+971 4 200 0001" in told(Code.NUMBER_NOT_ACTIVE, number="97142000001")
