from __future__ import annotations

import pytest

from rules.number_traces import GONE, NumberTraces
from rules.phones import normalise, pretty, variants

NUMBERS = [("+971501234567", "AE"), ("+79161234567", "RU"), ("+12025550143", "US")]


def traces(number, country):
    return NumberTraces(normalise(number, country=country), country)


@pytest.mark.parametrize(("number", "country"), NUMBERS)
def test_every_spelling_of_ours_is_found(number, country):
    known = traces(number, country)
    spellings = {*variants(known.phone, country)[:3], pretty(known.phone), f"00{number[1:]}"}

    assert {known.without(f"tel {each}, late") for each in spellings} == {f"tel {GONE}, late"}


@pytest.mark.parametrize(
    ("number", "country", "text"),
    [
        pytest.param("+971501234567", "AE", "050-123 45 67", id="national-with-signs"),
        pytest.param("+971501234567", "AE", "+971 (0) 50 123 4567", id="both-prefixes"),
        pytest.param("+971501234567", "AE", "+971\u00a050\u00a0123\u00a04567", id="hard-blanks"),
        pytest.param("+79161234567", "RU", "8 (916) 123-45-67", id="russian"),
        pytest.param("123456", "AE", "123456", id="raw"),
    ],
)
def test_spellings_of_people(number, country, text):
    assert traces(number, country).without(text) == GONE


@pytest.mark.parametrize(
    "text", ["1501234567", "5012345678", "501 234", "+971501234568", "", "1.5012345678e12"]
)
def test_other_digits_stay(text):
    assert traces("+971501234567", "AE").without(text) == text


def test_documents_lose_it_anywhere_but_in_ids():
    document = {"a": [{"phone": "971501234567", "n": 971501234567}], "client_id": "501234567"}

    assert traces("+971501234567", "AE").without(document) == {
        "a": [{"phone": GONE, "n": GONE}],
        "client_id": "501234567",
    }


@pytest.mark.parametrize(("number", "country"), NUMBERS)
def test_sql_finds_whatever_holds_the_number(number, country):
    known = traces(number, country)
    parts = [pattern.strip("%") for pattern in known.like_patterns()]
    spellings = (*variants(known.phone, country), pretty(known.phone))

    assert all(any(part in spelling for part in parts) for spelling in spellings)
