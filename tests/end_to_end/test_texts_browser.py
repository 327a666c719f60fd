"""Templates and additional fields in a real browser: chips, live preview, rows, undo, focus."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from models import CrmList, Integration, db
from tests.browser import Look, at_rest, served
from tests.pages import NOON, make_app, plant_office

pytestmark = pytest.mark.browser

FIELDS = (("utm_source", "Source", "string"), ("talk", "Talk time", "number"))
ROWS = [
    {"id": "f1", "entity": "lead", "target": "utm_source", "value": "{{utm_source}}"},
    {"id": "f2", "entity": "lead", "target": "talk", "value": "{{talk_duration}}"},
]
LEAD, FIELDS_OF_LEAD = "/integrations/1/setup/templates/lead", "/integrations/1/setup/fields/lead"
PLAIN = Look(scripts=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        own = plant_office().id
        rows = [
            {"key": key, "title": title, "entity": "lead", "type": kind, "required": False}
            for key, title, kind in FIELDS
        ]
        db.session.add(CrmList(integration_id=own, kind="fields:lead", rows=rows, fetched_at=NOON))
        integration = db.session.get_one(Integration, own)
        integration.draft, integration.crm_read_at = {"fields": ROWS}, NOON
        db.session.commit()
    with served(app) as site:
        yield site


@pytest.fixture
def page(site, request):
    """A page with this look; it fails on any error of a script."""
    look = getattr(request, "param", Look())
    with site.open(look) as context:
        page, errors = context.new_page(), []
        page.on("pageerror", lambda error: errors.append(error))
        yield page
        assert errors == []


def open_own(page) -> None:
    page.goto(LEAD)
    at_rest(page)
    page.get_by_label("Own template").check()


def test_chip_goes_to_the_cursor_and_gives_the_focus_back(page):
    open_own(page)
    title = page.get_by_role("textbox", name="Title in Behomes")
    title.fill("From , by phone")
    title.evaluate("each => each.setSelectionRange(5, 5)")

    page.get_by_label("Insert a variable").fill("campaign")
    page.get_by_role("button", name="Insert the variable Advertising campaign").click()

    expect(title).to_have_value("From {{campaign_name}}, by phone")
    expect(title).to_be_focused()
    expect(page.locator("#preview-title")).to_contain_text("From Spring, by phone")


def test_filter_leaves_the_chips_that_fit_and_enter_takes_the_first(page):
    open_own(page)
    title = page.get_by_role("textbox", name="Title in Behomes")
    title.fill("")
    chips = page.locator("[data-insert]:visible")
    filter_field = page.get_by_label("Insert a variable")

    filter_field.fill("zzz")
    expect(chips).to_have_count(0)
    expect(page.get_by_text("There is no such variable.")).to_be_visible()
    filter_field.fill("VISITOR CITY")
    expect(chips).to_have_count(1)
    filter_field.press("Enter")

    expect(title).to_have_value("{{visitor_city}}")
    assert page.url.endswith("/templates/lead")


def test_preview_follows_the_typing_and_tells_errors(page):
    open_own(page)
    title = page.get_by_role("textbox", name="Title in Behomes")

    title.fill("Hi {{contact_fone}}")
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#templates-lead-title-error")).to_contain_text("contact_phone_number")
    title.fill("Hi {{contact_phone_number|phone}} {{contact_full_name}}")
    expect(title).not_to_have_attribute("aria-invalid", "true")

    expect(page.locator("#preview-title .piece-missing")).to_have_count(1)
    page.get_by_label("Show on").select_option("outgoing")
    title.fill("{{direction}}")
    expect(page.locator("#preview-title")).to_contain_text("outbound")
    assert page.url.endswith("/templates/lead")


def test_saving_while_a_preview_is_under_way_ends_at_the_list(page):
    open_own(page)
    page.get_by_role("textbox", name="Title in Behomes").fill("Saved at once")

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved to the draft")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/setup/templates$"))


@pytest.mark.parametrize("page", [PLAIN], indirect=True)
def test_without_scripts_own_texts_are_written_and_shown(page):
    page.goto(LEAD.replace("lead", "deal"))
    expect(page.locator("[data-insert]:visible")).to_have_count(0)
    page.get_by_text("All variables and how to format them").click()
    expect(page.get_by_text("{{campaign_name}}", exact=True)).to_be_visible()

    page.get_by_label("Own template").check()
    page.locator("button[formaction$='/preview']").click()
    title = page.get_by_role("textbox", name="Title in Behomes")
    title.fill("Deal of {{call_date}}")
    page.locator("button[formaction$='/preview']").click()

    expect(page.locator("#preview-title")).to_contain_text("Deal of 01.03.2026")
    page.locator("#save-button").click()
    expect(page.get_by_text("Saved to the draft")).to_be_visible()


def test_added_row_has_the_focus_and_notes_follow_the_choice(page):
    page.goto(FIELDS_OF_LEAD)
    at_rest(page)

    page.get_by_role("button", name="Add field").click()

    rows = page.locator(".mapping-row")
    expect(rows).to_have_count(3)
    source = rows.last.locator("select").first
    expect(source).to_be_focused()
    source.select_option("channel")
    rows.last.locator("select").last.select_option("talk")
    expect(rows.last).to_contain_text("takes a number")
    expect(page.get_by_text("Several rows fill the field “Talk time”: 2, 3.")).to_have_count(2)
    expect(rows.last.locator("select").last).to_have_attribute("aria-invalid", "true")


def test_removed_row_comes_back_and_the_note_goes_by_itself(page):
    page.goto(FIELDS_OF_LEAD)
    at_rest(page)
    rows = page.locator(".mapping-row")
    remove = page.get_by_role("button", name=re.compile("Delete ?, row 1"))

    remove.click()
    expect(rows).to_have_count(1)
    expect(rows.first.locator("select").first).to_be_focused()
    expect(page.locator("#summary")).to_contain_text("1 field is filled: “Talk time”.")
    page.get_by_role("button", name="Bring back").click()
    expect(rows).to_have_count(2)
    page.clock.install()  # not before: a click waits for a page at rest by the same clock
    remove.click()
    expect(page.locator("[data-undo]")).to_contain_text("Deleted: UTM source → Source")
    page.clock.fast_forward(8_000)

    expect(page.locator("[data-undo]")).to_have_count(0)


def test_enter_in_an_own_text_saves(page):
    page.goto(FIELDS_OF_LEAD)
    at_rest(page)
    first = page.locator(".mapping-row").first

    first.locator("select").first.select_option("own")
    first.get_by_role("textbox").fill("{{nothing}}")
    first.get_by_role("textbox").press("Enter")

    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary")).to_contain_text("Row 1: Unknown variable “nothing”")
    expect(page.locator(".mapping-row")).to_have_count(2)


@pytest.mark.parametrize("page", [PLAIN], indirect=True)
def test_without_scripts_rows_are_added_and_brought_back(page):
    page.goto(FIELDS_OF_LEAD)
    rows = page.locator(".mapping-row")

    page.get_by_role("button", name="Add field").click()
    expect(rows).to_have_count(3)
    rows.last.locator("select").first.select_option("channel")
    page.get_by_role("button", name=re.compile("Delete ?, row 3")).click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Bring back").click()

    expect(rows).to_have_count(3)
    expect(rows.last.locator("select").first).to_have_value("channel")


@pytest.mark.parametrize("path", [LEAD, FIELDS_OF_LEAD, "/integrations/1/setup/templates"])
@pytest.mark.parametrize("page", [Look(width=390, locale="ru")], indirect=True)
def test_phone_needs_no_scrolling_sideways(page, path):
    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
