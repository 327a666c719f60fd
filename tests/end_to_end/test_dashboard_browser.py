"""The overview in a real browser: its charts in two looks, its period without a reload."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from models import CallSession, db
from tests.axe import violations
from tests.browser import Look, at_rest, served
from tests.pages import make_app, plant_office

pytestmark = pytest.mark.browser

PAGE = "/integrations/1/overview?period=30&tables=1"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        office, now = plant_office(), datetime.now(UTC)
        for number in range(120):
            started = now - timedelta(hours=5 * number)
            db.session.add(
                CallSession(
                    integration_id=office.id,
                    call_session_id=f"chart-{number}",
                    first_seen_at=started,
                    updated_at=started,
                    started_at=started,
                    direction="inbound",
                    outcome=("answered", "lost", "failed", "unknown")[number % 4],
                    employee_id=str(101 + number % 3),
                    campaign="A campaign with quite a long name of its own" if number % 2 else None,
                    virtual_number="97140000001",
                    state="written",
                    facts={},
                )
            )
        db.session.commit()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("look", [Look("light", "ru", 1280), Look("dark", "en", 390)], ids=str)
def test_overview_is_accessible_and_fits_its_width(site, look):
    context = site.open(look)
    page = context.new_page()
    page.goto(PAGE)
    at_rest(page)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    lost = page.locator("#chart-lost ~ svg .part-lost").first
    assert "hatch-lost" in lost.evaluate("part => getComputedStyle(part).fill")
    context.close()


def test_period_changes_without_a_reload_and_stays_in_the_address(site):
    context = site.open(Look())
    page = context.new_page()
    page.goto("/integrations/1/overview")
    at_rest(page)
    page.evaluate("window.isSame = true")

    page.click("#period-7")

    expect(page.locator("#period-7")).to_have_attribute("aria-current", "page")
    page.wait_for_url("**/overview?period=7")
    assert page.evaluate("window.isSame")
    expect(page.locator("#period-7")).to_be_focused()
    context.close()
