"""The demo in a real browser: a trial call goes the whole way, and pictures of the daily pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from services import demo_login
from tests import pictures
from tests.browser import at_rest, chromium
from tests.planted_days import plant_days
from tests.stack import running

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(300)]

ARRIVES_MS = 60_000
EMPLOYEE, EMPLOYEE_PASSWORD = "agent.one@example.com", "demo-agent"
# With SCREENSHOTS in both languages, and with calls that make the pictures full.
LOCALES = ("en", "ru") if pictures.IS_ASKED else ("en",)
CALLS = ("new-lost", "repeat-transfer", "outgoing-silent") if pictures.IS_ASKED else ("new-lost",)
WRITTEN = re.compile("Written|Записан")
ACCOUNTED = re.compile(r"(\d+) (calls?|звон[^,]+), \1 ")


@pytest.fixture(scope="module", params=LOCALES)
def tabs(request, tmp_path_factory):
    """A page of the admin and one of an employee."""
    folder = tmp_path_factory.mktemp("demo")
    with (
        chromium() as browser,
        running(folder, DEMO="1", DEFAULT_LOCALE=request.param, HTMX_SOURCE="local") as stack,
    ):
        if pictures.IS_ASKED:
            plant_days(stack.environ["INSTANCE_DIR"])
        opened = []
        for email, password in (
            (demo_login.EMAIL, demo_login.PASSWORD),
            (EMPLOYEE, EMPLOYEE_PASSWORD),
        ):
            size = {"width": 1280, "height": 860}
            context = browser.new_context(base_url=stack.url, viewport=size, bypass_csp=True)
            context.set_default_timeout(20_000)
            opened.append(context.new_page())
            log_in(opened[-1], email, password)
        yield request.param, *opened
        for page in opened:
            page.context.close()


def test_trial_call_lights_the_employees_screen_and_arrives_everywhere(tabs):
    locale, admin, employee = tabs
    expect(employee).to_have_url(re.compile("/console$"))
    expect(employee.locator("#now")).to_be_visible()
    admin.goto("/demo")
    for number, slug in enumerate(CALLS, start=1):
        make_call(admin, slug)
        expect_written(admin, number)

    make_call(admin, "new-answered")
    card = employee.locator("article.call-card[data-state=talking]")
    expect(card).to_be_visible(timeout=ARRIVES_MS)
    expect(admin.locator(".demo-card[data-state=talking]")).to_be_visible()
    pictures.take(employee, f"{locale}/console")
    expect_written(admin, len(CALLS) + 1)
    expect(employee.locator("article.call-card[data-state=ended]").first).to_be_visible()

    newest = admin.locator("[aria-labelledby=demo-journal] a.feed-title").first
    expect(admin.locator("[aria-labelledby=demo-crm] li")).not_to_have_count(0)
    if pictures.IS_ASKED:
        admin.reload()  # without the message that the call has started
    if locale == "en":
        pictures.take(admin, "demo")
    admin.set_viewport_size({"width": 1280, "height": 1000})
    newest.click()
    expect(admin.locator("[aria-labelledby=created] li")).to_have_count(2)
    if locale == "en":
        pictures.take(admin, "call")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("overview", "Agent One"),
        ("accounted", ACCOUNTED),
        ("journal", "+971"),
        ("callbacks", "+971"),
        ("calls", "+971"),
    ],
)
def test_daily_page_shows_the_calls(tabs, name, shown):
    locale, admin, _employee = tabs
    admin.goto(f"/integrations/1/{name}")
    at_rest(admin)

    expect(admin.locator("main")).to_contain_text(shown)
    pictures.take(admin, f"{locale}/{name}")


def log_in(page: Page, email: str, password: str) -> None:
    page.goto("/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.click("#login-form button[type=submit]")
    page.wait_for_url(re.compile("/(console|overview)$"))


def make_call(page: Page, slug: str) -> None:
    page.click(f"button[value={slug}]")


def expect_written(page: Page, number: int) -> None:
    """Wait until so many trial calls have come, and the last one is written."""
    calls = page.locator("[aria-labelledby=demo-journal] li")
    expect(calls).to_have_count(number, timeout=ARRIVES_MS)
    expect(calls.first).to_contain_text(WRITTEN, timeout=ARRIVES_MS)
