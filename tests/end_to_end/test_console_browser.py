"""The console in a real browser: cards come, change and go, once, however many tabs are open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models import CallSession, db
from services import console_hub
from tests.axe import violations
from tests.browser import EACH_ONCE, Look, at_rest, served
from tests.consoles import tell
from tests.factories import wait_until
from tests.pages import CALL_IDS, EMPLOYEE, logged_in, make_app, plant_office

pytestmark = pytest.mark.browser

COUNT_ALERTS = """() => {
  window.said = [];
  new MutationObserver(() => window.said.push(document.getElementById("call-alert").textContent))
    .observe(document.getElementById("call-alert"), { childList: true });
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    before, console_hub.LOOK_SECONDS = console_hub.LOOK_SECONDS, 0.05
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        plant_office()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()
    console_hub.LOOK_SECONDS = before


@pytest.fixture
def context(site):
    context = open_as_employee(site, Look())
    yield context
    context.close()


def open_as_employee(site, look):
    context = site.open(look, is_logged_in=False)
    session = logged_in(site.app, EMPLOYEE).get_cookie("session").value
    context.add_cookies([{"name": "session", "value": session, "url": site.url}])
    return context


def open_console(context):
    page = context.new_page()
    page.goto("/console")
    expect(page.locator("#presence")).to_have_attribute("data-state", "online")
    return page


def anna(**more):
    client = {"id": "c_1", "name": "Anna <b>P</b>", "url": "https://crm.example.com/c_1"}
    return {"crm_state": "known", "client": client | {"responsible": "Agent Two"}, **more}


def test_card_comes_is_completed_talks_and_ends_without_jumping(site, context):
    page = open_console(context)
    page.evaluate(COUNT_ALERTS)
    card = page.locator(".call-card")

    tell(site, "1")
    expect(card).to_contain_text("Unknown number")
    expect(card.locator("dd.waits")).to_have_count(2)
    height = card.bounding_box()["height"]
    tell(site, "1", 2, **anna())
    expect(card.locator("h3")).to_have_text("Anna <b>P</b>")
    expect(card.get_by_role("link", name="Open in Behomes")).to_have_attribute(
        "href", "https://crm.example.com/c_1"
    )
    tell(site, "1", 3, "talking", **anna())
    expect(card).to_have_attribute("data-state", "talking")
    tell(site, "1", 2, "ringing", **anna())  # an older version that comes late counts nothing
    tell(site, "1", 4, "ended", **anna())
    expect(card).to_have_attribute("data-state", "ended")

    assert card.bounding_box()["height"] == height
    assert page.evaluate("window.said") == ["Incoming call: +971 50 123 4567"]
    assert card.get_by_role("button", name="Call back").is_disabled()  # no key of CallGear here


def test_tabs_share_a_stream_and_their_cards_go_together(site, context):
    first, second = open_console(context), open_console(context)
    hub = site.app.extensions["console_hub"]

    tell(site, "2")
    tell(site, "3")
    for page in (first, second):
        expect(page.locator(".call-card")).to_have_count(2)
    wait_until(lambda: hub.count == 1)
    tell(site, "2", 2, "withdrawn", others=[{"name": "Agent Two", "state": "talking"}])
    for page in (first, second):
        expect(page.get_by_text("Answered: Agent Two", exact=True)).to_be_visible()
    second.locator(".call-card").first.get_by_role("button", name="Close").click()
    expect(first.locator(".call-card")).to_have_count(1)

    first.close()  # the other tab reads on
    tell(site, "4")
    expect(second.locator(".call-card")).to_have_count(2)
    tell(site, "3", 2, "ended")
    tell(site, "4", 2, "ended")


def test_left_alone_a_person_sees_cards_without_a_word(site, context):
    first, second = open_console(context), open_console(context)
    first.evaluate(COUNT_ALERTS)
    at_rest(first)
    switch = first.get_by_role("switch", name="Do not disturb")
    switch.check()
    expect(second.get_by_role("switch", name="Do not disturb")).to_be_checked()

    tell(site, "quiet")
    expect(first.locator(".call-card")).to_have_count(1)
    assert first.evaluate("window.said") == []

    tell(site, "quiet", 2, "ended")
    switch.uncheck()
    expect(second.get_by_role("switch", name="Do not disturb")).not_to_be_checked()


def test_crm_that_is_silent_is_named_and_a_note_saves_itself(site, context):
    page = open_console(context)
    call_id = CALL_IDS[0]

    tell(site, call_id)
    expect(page.get_by_text("Asking Behomes…")).to_be_visible()
    page.locator(".call-card textarea").fill("Two rooms")
    expect(page.get_by_text("Saved: goes into Behomes with the call.")).to_be_visible()
    expect(page.locator(".call-card").get_by_text("Behomes does not answer")).to_be_visible()
    tell(site, call_id, 2, "ended")

    with site.app.app_context():
        found = db.session.scalars(db.select(CallSession).filter_by(call_session_id=call_id))
        assert "Two rooms" in [row.note for row in found]


def test_after_a_break_what_was_missed_is_there_and_old_rings_stay_silent(site, context):
    page = open_console(context)
    page.evaluate(COUNT_ALERTS)
    tell(site, "5")
    expect(page.locator(".call-card")).to_have_count(1)

    context.set_offline(True)
    expect(page.locator("#presence")).to_have_text("No connection: calls are not shown.")
    tell(site, "5", 2, "talking")
    tell(site, "6", age=90, phone_shown="+971 50 000 0090")
    tell(site, "7", age=10, phone_shown="+971 50 000 0010")
    context.set_offline(False)

    expect(page.locator(".call-card")).to_have_count(3)
    expect(page.locator(".call-card").last).to_have_attribute("data-state", "ringing")
    assert page.evaluate("window.said") == [
        "Incoming call: +971 50 123 4567",
        "Incoming call: +971 50 000 0010",
    ]


def test_escape_closes_a_card_but_not_while_one_writes(site, context):
    page = open_console(context)
    tell(site, "8", crm_state="unknown")
    note = page.locator(".call-card textarea")
    note.press("Escape")
    expect(note).to_be_visible()

    page.locator("#content").focus()
    page.keyboard.press("Escape")

    expect(page.locator(".call-card")).to_have_count(0)
    page.reload()
    expect(page.locator("#presence")).to_have_attribute("data-state", "online")
    tell(site, "8", 2, "ringing", crm_state="unknown")
    tell(site, "9")
    expect(page.locator(".call-card")).to_have_count(1)


def test_server_without_room_is_asked_for_the_list(site, context, monkeypatch):
    monkeypatch.setattr(site.app.extensions["console_hub"], "_room", 0)
    page = context.new_page()
    page.goto("/console")

    expect(page.locator("#presence")).to_have_attribute("data-state", "polling")


@pytest.mark.parametrize("look", EACH_ONCE, ids=str)
def test_console_is_accessible_and_fits_its_width(site, look):
    context = open_as_employee(site, look)
    page = open_console(context)
    page.click("#example")
    tell(site, f"look-{look.width}", **anna())
    expect(page.locator(".call-card")).to_have_count(2)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
