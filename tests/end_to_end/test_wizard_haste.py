"""The wizard in the hands of somebody who is quicker than the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models import CrmList, Integration, db
from tests.browser import Look, at_rest, served
from tests.pages import NOON, make_app, plant_office

pytestmark = pytest.mark.browser

SETUP = "/integrations/1/setup"
STAGES = [{"id": "s_11", "name": "New", "kind": "open"}]
FUNNEL = {"id": "p_1", "name": "Sales", "entity": "deal", "stages": STAGES}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("haste"), HTMX_SOURCE="local")
    with app.app_context():
        plant_office()
        db.session.add(CrmList(integration_id=1, kind="pipelines", rows=[FUNNEL], fetched_at=NOON))
        db.session.get_one(Integration, 1).crm_read_at = NOON
        db.session.commit()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def tab(site):
    context = site.open(Look())
    yield context.new_page()
    context.close()


def test_save_right_after_typing_saves(tab):
    tab.goto(f"{SETUP}/tasks")
    at_rest(tab)
    tab.check("#tasks-lost_incoming-assign-from_settings")
    tab.fill("#tasks-lost_incoming-due_minutes", "25")

    tab.click("#save-button")

    expect(tab.locator("#toasts")).to_contain_text("Saved to the draft")
    tab.reload()
    expect(tab.locator("#tasks-lost_incoming-due_minutes")).to_have_value("25")


def test_what_was_chosen_before_htmx_arrived_counts(tab):
    held = []
    tab.route("**/htmx.min.js*", lambda route: held.append(route))
    with tab.expect_request("**/htmx.min.js*"):
        tab.goto(f"{SETUP}/funnels", wait_until="commit")
    tab.select_option("#funnels-pipeline_id", "p_1")
    expect(tab.locator("#funnels-stage_id option")).to_have_count(1)

    held[0].continue_()

    expect(tab.locator("#funnels-stage_id option")).to_have_text(["not chosen", "New"])
