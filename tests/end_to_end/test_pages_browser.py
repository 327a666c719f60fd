"""The pages in a real browser: accessible in every look, by keyboard, with and without scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from models import CallSession, LoginSession, db
from tests.axe import violations
from tests.browser import Look, at_rest, served
from tests.pages import CALL_IDS, PASSWORD, make_app, plant_office

pytestmark = pytest.mark.browser

# Every pair of theme, language and width.
LOOKS = [
    Look("light", "ru", 1280),
    Look("light", "en", 390),
    Look("dark", "ru", 390),
    Look("dark", "en", 1280),
]
PAGES = {
    "list": "/integrations/1/calls",
    "filtered": "/integrations/1/calls?state=failed&q=4503",
    "nothing found": "/integrations/1/calls?q=999999",
    "call": f"/integrations/1/calls/{CALL_IDS[3]}",
    "waiting call": f"/integrations/1/calls/{CALL_IDS[2]}",
    "integrations": "/integrations",
    "demo": "/demo",
    "error": "/no-such-page",
    "style guide": "/styleguide",
}
LIST = PAGES["list"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        plant_office()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module", params=LOOKS, ids=str)
def looked(request, site):
    context = site.open(request.param)
    yield context
    context.close()


@pytest.fixture
def tab(site):
    context = site.open(Look())
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_page_is_accessible_and_fits_its_width(looked, path):
    page = looked.new_page()
    page.goto(path)
    at_rest(page)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.close()


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_login_is_accessible_and_fits_its_width(site, look):
    context = site.open(look, is_logged_in=False)
    page = context.new_page()
    page.goto("/login")
    page.fill("[name=password]", "wrong")
    page.click("#login-form button[type=submit]")

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_open_menu_is_accessible(site, width):
    context = site.open(Look(width=width))
    page = context.new_page()
    page.goto(LIST)
    page.click(".menu-person > summary")

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    context.close()


@pytest.mark.parametrize("path", [*PAGES.values(), "/login"])
def test_page_obeys_its_own_content_policy(site, path):
    context = site.open(Look(), bypass_csp=False)
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))

    page.goto(path)
    expect(page.locator("head script[src*=htmx]")).to_be_attached()
    page.wait_for_load_state("networkidle")

    assert [text for text in told if "404" not in text] == []
    context.close()


def test_everything_is_reached_by_keyboard(site):
    context = site.open(Look(), is_logged_in=False)
    page = context.new_page()
    page.goto(f"/login?next={LIST}")
    page.focus("[name=email]")
    page.keyboard.press("Control+A")
    page.keyboard.type("admin@example.com")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"http://*{LIST}")

    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    first = page.locator("#call-list a.row-link").first
    for _stop in range(25):
        page.keyboard.press("Tab")
        if first.evaluate("link => link === document.activeElement"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{CALL_IDS[-1]}")

    page.focus(".menu-person > summary")
    page.keyboard.press("Enter")
    expect(page.locator(".menu-person .menu-panel")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".menu-person .menu-panel")).to_be_hidden()
    expect(page.locator(".menu-person > summary")).to_be_focused()
    context.close()


def test_everything_works_without_scripts(site):
    context = site.open(Look(scripts=False))
    page = context.new_page()
    page.goto(LIST)
    page.select_option("[name=outcome]", "lost")
    page.click("text=Show")
    expect(page.locator("a.row-link")).to_have_count(1)
    page.click("a.row-link")
    expect(page.locator("h1")).to_contain_text("+971 50 123 4501")

    page.click(".menu-person > summary")
    page.click("button[value=dark]")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.click(".menu-person > summary")
    page.click(".menu-person button[value='']")
    page.click(".menu-person > summary")
    page.click("text=Sign out")
    expect(page).to_have_url(f"{site.url}/login")
    context.close()


def test_filter_swaps_the_list_and_the_address(tab):
    tab.goto(LIST)
    at_rest(tab)
    tab.evaluate("window.isSamePage = true")

    tab.focus("[name=state]")
    tab.select_option("[name=state]", "failed")

    expect(tab.locator("a.row-link")).to_have_count(1)
    assert tab.url.endswith(f"{LIST}?state=failed")
    assert tab.evaluate("window.isSamePage")
    expect(tab.locator("[name=state]")).to_be_focused()
    tab.go_back()
    expect(tab.locator("a.row-link")).to_have_count(len(CALL_IDS))


def test_new_state_arrives_by_itself_and_focus_stays(site, tab):
    tab.goto(LIST)
    at_rest(tab)
    row = tab.locator("a.row-link").nth(2)
    row.focus()
    with site.app.app_context():
        call = db.session.scalar(db.select(CallSession).filter_by(call_session_id=CALL_IDS[0]))
        call.created = {**call.created, "deal_id": "d_1"}
        db.session.commit()

    expect(tab.locator("#call-list")).to_contain_text("Client, Lead, Deal")
    expect(tab.locator("a.row-link").nth(2)).to_be_focused()


def test_theme_changes_at_once(tab):
    tab.goto(LIST)
    before = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.click(".menu-person > summary")

    tab.click("button[value=dark]")

    tab.wait_for_load_state()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_ended_session_opens_a_dialog_instead_of_a_dead_page(site, tab):
    tab.goto(LIST)
    at_rest(tab)
    with site.app.app_context():
        for row in db.session.scalars(db.select(LoginSession)):
            row.seen_at -= timedelta(hours=1)
        db.session.commit()

    tab.select_option("[name=state]", "failed")

    expect(tab.locator("#session-over")).to_be_visible()
    assert violations(tab) == []


def test_lost_server_is_told_of_and_forgotten_when_it_is_back(tab):
    tab.goto(LIST)
    at_rest(tab)
    tab.route("**/calls?*", lambda route: route.abort())
    tab.select_option("[name=state]", "failed")
    expect(tab.locator("#toasts .toast-error")).to_be_visible()

    tab.unroute("**/calls?*")
    tab.select_option("[name=state]", "written")

    expect(tab.locator("#toasts .toast-error")).to_have_count(0)
    expect(tab.locator("a.row-link")).to_have_count(2)
