"""The wizard in a real browser: accessible in every look and state, by keyboard, no scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from models import CrmList, CrmUserRow, Integration, VirtualNumberRow, db
from tests.axe import violations
from tests.browser import EACH_ONCE, Look, at_rest, served
from tests.pages import NOON, make_app, plant_office

pytestmark = pytest.mark.browser

BASE = "/integrations/1"
STEPS = ("auth", "users", "incoming", "outgoing", "tasks", "templates", "funnels", "fields")
PAGES = {
    "home": f"{BASE}/setup",
    **{step: f"{BASE}/setup/{step}" for step in STEPS},
    "template of a lead": f"{BASE}/setup/templates/lead",
    "fields of a lead": f"{BASE}/setup/fields/lead",
    "review": f"{BASE}/setup/review",
    "discard": f"{BASE}/setup/discard",
    "live check": f"{BASE}/setup/auth/live",
    "versions": f"{BASE}/versions",
    "integrations": "/integrations",
    "new integration": "/integrations/new",
    "delete integration": f"{BASE}/delete",
}
# Trying, rehearsing, people and account have tests of their own beside this file.
# Settings that speak of everything: a draft with changes, references, rows and own texts.
DRAFT = {
    "incoming": {
        "first": {"create": "lead_and_deal", "owner": "from_settings"},
        "repeat": {"create": "deal"},
        "personal_manager": {"enabled": True, "absent": "deputy"},
    },
    "tasks": {"lost_incoming": {"assign": "from_settings"}},
    "templates": {"lead": {"title": "Call {{contact_phone_number|phone}}", "comment": None}},
    "funnels": {"pipeline_id": "p_1", "stage_id": "s_gone"},
    "ignore": {"numbers": ["+971500000099"]},
    "working_hours": {"1": [["09:00", "18:00"]]},
    "fields": [
        {"id": "f1", "entity": "lead", "target": "utm_source", "value": "{{utm_source}}"},
        {"id": "f2", "entity": "lead", "target": "gone_field", "value": "Hotline"},
    ],
}


def plant_lists(integration_id: int) -> None:
    """What the CRM and the PBX would have told, with a hostile name among it."""
    own = {"integration_id": integration_id}
    stages = [
        {"id": "s_11", "name": "New", "kind": "open"},
        {"id": "s_12", "name": "Won", "kind": "won"},
    ]
    pipelines = [{"id": "p_1", "name": "<b>Sales</b>", "entity": "deal", "stages": stages}]
    field = {"type": "string", "required": False, "options": []}
    rows = [
        {"key": "utm_source", "title": "Source", "entity": "lead", **field},
        {"key": "budget", "title": "Budget", "entity": "lead", **field, "type": "number"},
    ]
    for kind, listed in (
        ("pipelines", pipelines),
        ("fields:client", []),
        ("fields:lead", rows),
        ("fields:deal", []),
    ):
        db.session.add(CrmList(**own, kind=kind, rows=listed, fetched_at=NOON))
    db.session.add(VirtualNumberRow(**own, number="97140000001", name="Main line"))
    db.session.add(CrmUserRow(**own, user_id="u_90", name="Agent Gone", gone=True))
    integration = db.session.get_one(Integration, integration_id)
    integration.draft, integration.draft_author = DRAFT, "admin@example.com"
    integration.draft_saved_at = integration.crm_read_at = integration.pbx_read_at = NOON
    db.session.commit()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("wizard"))
    with app.app_context():
        plant_office()
        plant_lists(1)
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module", params=EACH_ONCE, ids=str)
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
    answer = page.goto(path)
    at_rest(page)

    assert answer is not None and answer.ok, answer and answer.status
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_page_obeys_its_own_content_policy(site, path):
    context = site.open(Look(), bypass_csp=False)
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))

    page.goto(path)
    expect(page.locator("head script[src*=htmx]")).to_be_attached()
    page.wait_for_load_state("networkidle")

    assert told == []
    context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_page_has_one_heading_and_no_doubled_ids(tab, path):
    tab.goto(path)

    assert tab.locator("h1").count() == 1
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert sorted(each for each in set(ids) if ids.count(each) > 1) == []


def test_wrong_minutes_are_told_when_the_field_is_left_and_again_on_saving(tab):
    tab.goto(PAGES["tasks"])
    at_rest(tab)
    minutes = tab.locator("#tasks-lost_incoming-due_minutes")
    minutes.fill("0")
    minutes.blur()
    error = tab.locator("#tasks-lost_incoming-due_minutes-error")
    expect(error).to_contain_text("whole number")
    expect(minutes).to_have_attribute("aria-invalid", "true")

    tab.click("#save-button")

    expect(tab.locator("#error-summary")).to_be_focused()
    assert violations(tab) == []


def test_hidden_group_comes_with_its_choice_by_keyboard(tab):
    tab.goto(PAGES["tasks"])
    at_rest(tab)
    due = tab.locator("#tasks-failed_outgoing-due_minutes")
    expect(due).to_be_hidden()

    tab.focus("#tasks-failed_outgoing-assign-none")
    tab.keyboard.press("ArrowDown")

    expect(due).to_be_visible()
    expect(due).to_be_enabled()
    expect(tab.locator("#summary")).to_be_visible()


def test_saving_by_keyboard_keeps_the_focus_and_tells_it(tab):
    tab.goto(PAGES["tasks"])
    at_rest(tab)
    tab.fill("#tasks-lost_incoming-due_minutes", "25")
    tab.focus("#save-button")

    tab.keyboard.press("Enter")

    expect(tab.locator("#toasts")).to_contain_text("Saved to the draft")
    expect(tab.locator("#save-button")).to_be_focused()
    assert tab.url.endswith(PAGES["tasks"])


def test_step_is_saved_without_scripts(site):
    context = site.open(Look(scripts=False))
    page = context.new_page()
    page.goto(PAGES["tasks"])
    page.fill("#tasks-lost_incoming-due_minutes", "35")
    page.click("#save-button")

    expect(page.locator("#tasks-lost_incoming-due_minutes")).to_have_value("35")
    expect(page.locator(".toasts")).to_contain_text("Saved to the draft")
    context.close()


def test_phone_shows_which_step_it_is_and_opens_the_list(site):
    context = site.open(Look(width=390))
    page = context.new_page()
    page.goto(PAGES["tasks"])
    summary = page.locator(".steps-narrow > summary")
    expect(summary).to_contain_text(re.compile("Step 5 of 8"))

    summary.click()

    expect(page.locator(".steps-narrow .step-row").first).to_be_visible()
    assert violations(page) == []
    context.close()
