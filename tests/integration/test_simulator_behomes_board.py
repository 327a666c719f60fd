"""The board of the simulated CRM: what a person would see, in two languages."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.behomes_crm import BODIES, Crm
from tests.need import skip_or_fail
from tests.simulated import behomes_simulator

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def simulator():
    with behomes_simulator() as running:
        yield running


@pytest.fixture
def crm(simulator):
    simulator.control("POST", "/_sim/reset", {})
    return Crm(simulator)


def board(crm, **query):
    params = {"lang": "ru", **query}
    return crm.simulator.session.get(crm.simulator.url + "/board/data", params=params).json()


def column(crm, name, **query):
    return next(one for one in board(crm, **query)["columns"] if one["name"] == name)


def facts(card):
    return {fact["label"]: fact["text"] for fact in card["facts"]}


@pytest.mark.parametrize("path", ["/", "/board"])
def test_the_page_is_russian_and_says_that_it_is_a_simulator(crm, path):
    answer = crm.simulator.session.get(crm.simulator.url + path)

    assert '<html lang="ru">' in answer.text
    assert "Это симулятор CRM" in answer.text
    assert "Клиенты" in answer.text


def test_the_page_is_english_on_request(crm):
    answer = crm.simulator.session.get(crm.simulator.url + "/?lang=en")

    assert '<html lang="en">' in answer.text
    assert "This is a simulated CRM" in answer.text


def test_the_page_has_nothing_inline_and_forbids_it(crm):
    answer = crm.simulator.session.get(crm.simulator.url + "/")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<style|<script(?! src=)| on\w+=| style=", answer.text)


@pytest.mark.parametrize("name", ["board.css", "board.js", "board.svg"])
def test_the_static_files_are_served(crm, name):
    assert crm.simulator.session.get(f"{crm.simulator.url}/static/{name}").status_code == 200


def test_the_newest_card_is_first_with_names_links_and_age(crm):
    client = crm.create("clients").json()["response"]["id"]
    crm.create("leads", client_id=client, custom_fields={"areas": ["a1", "a3"]})

    card = column(crm, "leads")["cards"][0]

    assert card["title"] == BODIES["leads"]["title"]
    assert card["badges"] == [{"text": "Leads · New", "tone": "info"}]
    assert facts(card) == {
        "Клиент": BODIES["clients"]["name"],
        "Ответственный": "Agent One",
        "Areas": "Marina, Palm",
    }
    assert card["facts"][0]["to"] == client
    assert 0 <= card["age_ms"] < 3000


def test_a_call_shows_its_outcome_people_and_recording(crm):
    crm.send("PUT", "calls/cg-call-1", BODIES["calls"])

    [card] = column(crm, "calls", lang="en")["cards"]

    assert card["title"] == "+1 202 555 0143"
    assert [badge["text"] for badge in card["badges"]] == ["Inbound", "Answered"]
    assert facts(card)["Employee"] == "Agent One"
    assert facts(card)["Client"] == "Client Sample"
    assert card["recordings"] == [
        {"url": "https://media.example.com/recordings/1", "text": "Play recording · 1:53"}
    ]


def test_a_call_of_a_hidden_number_and_a_task_without_a_link_are_shown(crm):
    crm.send("PUT", "calls/cg-call-1", {**BODIES["calls"], "client_phone": None, "links": None})
    crm.create("tasks", link=None, phone=None, responsible_user_id=None)

    [call], [task] = (column(crm, name)["cards"] for name in ("calls", "tasks"))

    assert call["title"] == "Скрытый номер"
    assert facts(task)["Ответственный"] == "не назначен"


def test_what_was_deleted_is_named_so(crm):
    crm.create("leads")
    crm.control("POST", "/_sim/entities/clients/c_501/delete")
    crm.control("POST", "/_sim/entities/users/u_17/delete")

    card = column(crm, "leads")["cards"][0]

    assert facts(card)["Клиент"] == "удалён"
    assert facts(card)["Ответственный"] == "u_17, нет такого сотрудника"


def test_a_ringing_call_is_shown_until_it_expires(crm):
    crm.create("call_events", expires_at=9000000000000)
    ringing = board(crm)["ringing"]

    crm.create("call_events", event_id="cg-ev-2", event="missed", expires_at=9000000000000)

    assert ringing["text"] == "Client Sample · +1 202 555 0143 · Agent One · Agent Two"
    assert board(crm)["ringing"] is None


def test_columns_are_sent_again_only_after_a_change(crm):
    first = board(crm)

    unchanged = board(crm, version=first["version"])
    crm.create("leads")
    changed = board(crm, version=first["version"])

    assert "columns" not in unchanged
    assert "columns" in changed


def test_every_account_has_its_own_board(crm):
    other = {"key": "k2", "account_id": "acc_2", "name": f"Other {EVIL}"}
    crm.control("POST", "/_sim/seed", {"accounts": [other]})

    page = crm.simulator.session.get(crm.simulator.url + "/?account=acc_2").text

    assert EVIL not in page
    assert "account=acc_1001" in page
    assert column(crm, "clients", account="acc_2")["total"] == 0


@pytest.mark.browser
def test_a_caller_cannot_write_into_the_page(crm):
    chromium = shutil.which("chromium")
    if chromium is None:
        skip_or_fail("needs Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(crm.simulator.url)
        page.wait_for_selector(".card")
        crm.create("clients", name=EVIL)
        page.wait_for_selector(".card.is-new")
        title = page.locator(".card.is-new h3").inner_text()
        page.wait_for_selector(".card.is-new", state="detached")
        width = page.evaluate("document.documentElement.scrollWidth")
        browser.close()

    assert title == EVIL
    assert said == []
    assert width == 390
