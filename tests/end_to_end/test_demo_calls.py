"""The demo in a real browser: a trial call goes the whole way, and the pictures of the README."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from services.demo_login import EMAIL, PASSWORD
from tests import pictures
from tests.browser import chromium
from tests.stack import running

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]

ARRIVES_MS = 60_000
# With SCREENSHOTS also those that make the picture full.
CALLS = ("new-lost", "repeat-transfer", "outgoing-silent") if pictures.IS_ASKED else ()


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with (
        chromium() as browser,
        running(folder, DEMO="1", DEFAULT_LOCALE="en", HTMX_SOURCE="local") as stack,
    ):
        context = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 860})
        context.set_default_timeout(20_000)
        yield context.new_page()
        context.close()


def test_trial_call_arrives_in_our_journal_and_in_the_crm(tab):
    log_in(tab)
    tab.goto("/demo")
    for number, slug in enumerate((*CALLS, "new-answered"), start=1):
        make_call(tab, slug, number)

    newest = tab.locator("#demo-feed a.feed-title").first
    expect(tab.locator("[aria-labelledby=demo-crm]")).to_contain_text("Lead")
    if pictures.IS_ASKED:
        tab.reload()  # without the message that the call has started
    pictures.take(tab, "demo")
    tab.set_viewport_size({"width": 1280, "height": 1000})
    newest.click()
    expect(tab.locator("[aria-labelledby=created] li")).to_contain_text(["Client", "Lead"])
    pictures.take(tab, "call")


def log_in(page: Page) -> None:
    page.goto("/login")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_url("**/calls")


def make_call(page: Page, slug: str, number: int) -> None:
    """Order a trial call and wait until it is written."""
    calls = page.locator("#demo-feed li", has=page.locator("a.feed-title"))
    page.click(f"button[value={slug}]")

    expect(calls).to_have_count(number, timeout=ARRIVES_MS)
    expect(calls.first).to_contain_text("Written", timeout=ARRIVES_MS)
