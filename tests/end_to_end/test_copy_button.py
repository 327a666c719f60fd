"""Copy buttons, with the browser's clipboard and without it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from models import db
from tests.browser import Look, served
from tests.pages import make_app, plant_office

pytestmark = pytest.mark.browser

PAGE = "/integrations/1/try"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("copy"), HTMX_SOURCE="local")
    with app.app_context():
        plant_office()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(params=["", NO_CLIPBOARD], ids=["clipboard", "no clipboard, as without https"])
def tab(request, site):
    context = site.open(Look())
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.add_init_script(request.param)
    yield page
    context.close()


def test_what_was_copied_can_be_pasted(tab):
    tab.goto(PAGE)
    button = tab.locator("[data-copy]").first
    name = button.inner_text()

    button.click()
    expect(button).to_have_text("Copied")
    button.click()

    expect(button).to_be_focused()
    expect(button).to_have_text(name)
    tab.goto("/login")
    tab.evaluate("document.body.innerHTML = '<textarea></textarea>'")
    tab.focus("textarea")
    tab.keyboard.press("Control+V")
    expect(tab.locator("textarea")).to_have_value(re.compile(r"/integrations/1/try\?"))
