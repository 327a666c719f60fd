"""The list of call-backs in a real browser: it keeps up to date, and what is pressed stays."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models import db
from tests.axe import violations
from tests.browser import EACH_ONCE, Look, at_rest, served
from tests.pages import make_app, plant_office
from tests.planted_callbacks import plant

pytestmark = pytest.mark.browser

PAGE = "/integrations/1/callbacks"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        plant_office()
        plant(1, 1, minutes=60, client_name="A client with quite a long name " * 3)
        plant(1, 2, minutes=1, contact="+971501234592")
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("look", EACH_ONCE, ids=str)
def test_pages_are_accessible_and_fit(site, look):
    context = site.open(look)
    tab = context.new_page()
    for path in (PAGE, f"{PAGE}/1/dismiss", f"{PAGE}/report"):
        tab.goto(path)
        at_rest(tab)
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= look.width
    context.close()


def test_list_is_kept_up_to_date_and_what_is_pressed_is_told_at_once(site):
    context = site.open(Look())
    tab = context.new_page()
    tab.goto(PAGE)
    at_rest(tab)
    count = tab.locator("#nav-count-callbacks")
    expect(count).to_have_text("2")

    with tab.expect_request("**/take") as pressed:
        tab.locator("#callback-2").get_by_role("button", name="I will call").click()
    assert "x-poll" not in pressed.value.headers  # the list's own refreshing is another thing
    expect(tab.locator("#callback-2")).to_contain_text("You call back")
    expect(tab.locator("#give-2")).to_be_focused()

    with site.app.app_context():
        plant(1, 3, minutes=200, contact="+971501234593")
    expect(tab.locator("#callback-3")).to_be_visible()
    expect(count).to_have_text("3")

    tab.locator("#callback-3").get_by_role("link", name="Not needed").click()
    tab.get_by_label("Why").fill("wrong number")
    tab.get_by_role("button", name="Close without a call").click()
    expect(tab.locator("#callback-3")).to_have_count(0)
    expect(count).to_have_text("2")
    context.close()
