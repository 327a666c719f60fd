"""The journal in a real browser: accessible, live without moving, and a replay to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from models import CallSession, Notification, db
from services import replay_runs
from tests.axe import violations
from tests.browser import EACH_ONCE, Look, at_rest, served
from tests.pages import CALL_IDS, make_app, plant_office

pytestmark = pytest.mark.browser

JOURNAL = "/integrations/1/journal"
# Their frame is looked at in every pair elsewhere.
PAGES = {
    EACH_ONCE[0]: (f"{JOURNAL}/4", f"{JOURNAL}/calls/{CALL_IDS[3]}/replay"),
    EACH_ONCE[1]: (JOURNAL, f"{JOURNAL}/8", f"{JOURNAL}/set-aside"),
}


def notification(key, **more):
    return Notification(
        integration_id=1, event_key=key, kind="tag_set", members={}, **{"state": "ignored", **more}
    )


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        plant_office()
        now = datetime.now(UTC)
        for row in db.session.scalars(db.select(Notification)):
            row.received_at, row.session_row_id = now - timedelta(minutes=9), row.id
        for call in db.session.scalars(db.select(CallSession)):
            call.started_at = now
            call.facts = {**call.facts, "direction": call.direction, "is_ended": True}
        bad = notification("bad", state="rejected", raw="{" + "x" * 300, error="invalid_json")
        bad.received_at = now - timedelta(minutes=8)
        db.session.add(bad)
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def site(app):
    with served(app) as site:
        yield site


@pytest.mark.parametrize("look", PAGES, ids=str)
def test_pages_are_accessible_and_fit_their_width(site, look):
    context = site.open(look)
    page = context.new_page()
    for path in PAGES[look]:
        page.goto(path)
        at_rest(page)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    context.close()


def test_new_events_are_announced_without_moving_the_list(site, app):
    context = site.open(Look())
    page = context.new_page()
    page.goto(JOURNAL)
    at_rest(page)
    rows = page.locator(".journal-row")
    expect(rows).to_have_count(7)

    with app.app_context():
        db.session.add(notification("new", received_at=datetime.now(UTC)))
        db.session.commit()

    fresh = page.locator("#journal-live .button")
    expect(fresh).to_be_visible(timeout=15_000)
    expect(rows).to_have_count(7)
    fresh.click()
    expect(rows).to_have_count(8)
    context.close()


def test_replay_shows_its_progress_to_the_end(site, app):
    context = site.open(Look())
    page = context.new_page()
    page.goto(f"{JOURNAL}/replay?mode=today")
    page.locator("#journal-many form button").click()
    expect(page.locator("#journal-run progress")).to_have_attribute("value", "0")

    with app.app_context():
        assert replay_runs.take_steps(db.engine) == 5
        for call in db.session.scalars(db.select(CallSession)):
            call.state, call.next_at = "written", None
        db.session.commit()

    expect(page.locator("#journal-run progress")).to_have_attribute("value", "5", timeout=15_000)
    expect(page.locator("#journal-run [hx-get]")).to_have_count(0)
    context.close()
