"""The board of the simulated PBX: no scripts needed, two languages, everything escaped."""

from __future__ import annotations

import re

import pytest

from simulators.callgear.board_words import WORDS
from simulators.callgear.notices import RECOMMENDED
from simulators.callgear.recipes import RECIPES

pytestmark = pytest.mark.timeout(60)


def page(pbx, query=""):
    return pbx.session.get(f"{pbx.url}/{query}", timeout=10)


def test_both_languages_have_every_word():
    assert WORDS["ru"].keys() == WORDS["en"].keys()
    assert {*RECIPES, *RECOMMENDED} <= WORDS["en"].keys()


@pytest.mark.parametrize(
    ("query", "word"),
    [
        pytest.param("", "имитатор", id="russian-by-default"),
        pytest.param("?lang=en", "simulator", id="english"),
        pytest.param("?lang=xx", "имитатор", id="unknown-language"),
    ],
)
def test_page_says_that_it_is_a_simulator(pbx, query, word):
    answer = page(pbx, query)

    assert (answer.status_code, word in answer.text) == (200, True)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script>|style=|onclick=", answer.text)


def test_its_files_are_there(pbx):
    addresses = re.findall(r'(?:href|src)="(/(?:static|pbx)/[^"]+)"', page(pbx).text)

    statuses = [pbx.session.get(pbx.url + one, timeout=10).status_code for one in addresses]

    assert statuses == [200] * 4


def test_button_starts_a_call_and_comes_back(pbx):
    form = {"recipe": "out_of_hours", "contact": "+12025550143", "speed": "0", "lang": "en"}

    answer = pbx.session.post(f"{pbx.url}/board/calls", data=form, timeout=10)

    assert answer.history[0].status_code == 303
    assert "12025550143 → 97140000001" in answer.text
    call = pbx.control("GET", "/_sim/calls")["calls"][0]
    assert (call["recipe"], call["contact"]) == ("out_of_hours", "12025550143")


@pytest.mark.parametrize("contact", ["", "<b>", "12"])
def test_wrong_number_is_told_and_starts_nothing(pbx, contact):
    form = {"recipe": "inbound_lost", "contact": contact, "lang": "en"}

    answer = pbx.session.post(f"{pbx.url}/board/calls", data=form, timeout=10)

    assert WORDS["en"]["wrong_contact"] in answer.text
    assert pbx.control("GET", "/_sim/calls")["calls"] == []


def test_texts_from_outside_are_escaped(pbx):
    order = {"recipe": "out_of_hours", "contact": "<script>x", "speed": 0, "wait": True}
    pbx.control("POST", "/_sim/calls", order)

    html = page(pbx, "board/lists?lang=en").text

    assert "&lt;script&gt;x" in html and "<script>" not in html
