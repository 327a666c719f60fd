"""Trying a call and rehearsing in a real browser: accessible, at once, and without scripts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from models import CallSession, Integration, db
from tests.axe import violations
from tests.browser import EACH_ONCE, Look, at_rest, served
from tests.pages import make_app, plant_office

pytestmark = pytest.mark.browser

TRY, REHEARSE = "/integrations/1/try", "/integrations/1/rehearse"
PAGES = {
    "tried": TRY,
    "nothing made": f"{TRY}?who=hidden",
    "known client": f"{TRY}?who=known&open_deal=1&outcome=transferred",
    "wrong": f"{TRY}?who=typed&number=12",
    "by the settings in use": f"{TRY}?by=published&outcome=missed",
    "waiting for a call": f"{TRY}/call/1",
    "rehearse": REHEARSE,
    "rehearsed": f"{REHEARSE}?days=7",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        row = db.session.get_one(Integration, plant_office().id)
        row.draft = {
            "incoming": {"first": {"create": "lead_and_deal", "owner": "finished_by"}},
            "templates": {"lead": {"title": "{{nobody}}"}},
        }
        now = datetime.now(UTC)
        for call in db.session.scalars(db.select(CallSession)):
            call.started_at = now
            call.facts = {**call.facts, "direction": call.direction, "outcome": call.outcome}
            call.facts |= {"client_phone": call.client_phone, "is_ended": True}
        db.session.commit()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module", params=EACH_ONCE, ids=str)
def looked(request, site):
    context = site.open(request.param)
    yield context
    context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_page_is_accessible_and_fits_its_width(looked, path):
    page = looked.new_page()
    page.goto(path)
    at_rest(page)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.close()


def test_result_follows_what_is_chosen_and_so_does_the_address(site):
    context = site.open(Look())
    page = context.new_page()
    page.goto(TRY)
    at_rest(page)

    page.check("input[name=outcome][value=missed]")

    expect(page.locator("#try-result")).to_contain_text("Nobody talked")
    assert "outcome=missed" in page.url
    assert page.evaluate("document.activeElement.value") == "missed"
    context.close()


def test_questions_that_follow_are_shown_without_scripts(site):
    context = site.open(Look(scripts=False))
    page = context.new_page()
    page.goto(TRY)

    expect(page.locator("#finished_by")).to_be_hidden()
    page.check("input[name=outcome][value=transferred]")
    expect(page.locator("#finished_by")).to_be_visible()
    page.locator("#try-form button.button-primary").click()

    expect(page.locator("#try-result")).to_contain_text("Agent Two")
    assert "outcome=transferred" in page.url
    context.close()


def test_calls_are_rehearsed_without_scripts(site):
    context = site.open(Look(scripts=False))
    page = context.new_page()
    page.goto(REHEARSE)

    page.locator("button[value='30']").click()

    expect(page.locator(".rehearse-counts")).to_be_visible()
    context.close()
