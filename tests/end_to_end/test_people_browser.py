"""People, account, invitations and the end of a session, in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from models import Login, LoginSession, db
from rules.reach import Level
from services import invitations
from tests.axe import violations
from tests.browser import EACH_ONCE, Look, at_rest, served
from tests.pages import ADMIN, PASSWORD, make_app, plant_office

pytestmark = pytest.mark.browser

PEOPLE = "/integrations/1/people"
REFRESH = "htmx.ajax('GET', '/account', {target: '#announcer'"
PAGES = {
    "people": PEOPLE,
    "invite": f"{PEOPLE}/invite",
    "oneself": f"{PEOPLE}/1",
    "employee": f"{PEOPLE}/2",
    "account": "/account",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        plant_office()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module", params=EACH_ONCE, ids=str)
def look(request):
    return request.param


@pytest.fixture
def tab(site):
    context = site.open(Look())
    yield context.new_page()
    context.close()


def make_link(site, email: str) -> str:
    with site.app.app_context():
        admin = db.session.scalars(db.select(Login.id).filter_by(email=ADMIN)).one()
        made = invitations.invite(
            admin, email, name=None, level=Level.EMPLOYEE, integration_ids=[1]
        )
        return f"/invitations/{made.token}"


def end_sessions(site) -> None:
    with site.app.app_context():
        for row in db.session.scalars(db.select(LoginSession)):
            row.seen_at -= timedelta(hours=1)
        db.session.commit()


def is_wider_than_the_window(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_page_is_accessible_and_fits_its_width(site, look, path):
    make_link(site, "waiting.with.a.very.long.address@sales.example.com")
    context = site.open(look)
    page = context.new_page()
    page.goto(path)

    assert violations(page) == []
    assert not is_wider_than_the_window(page)
    context.close()


def test_pages_of_a_guest_are_accessible_and_fit_their_width(site, look):
    link = make_link(site, f"guest{look.width}.{look.theme}.{look.locale}@example.com")
    context = site.open(look, is_logged_in=False)
    page = context.new_page()

    page.goto(link)
    page.click("#invitation button[type=submit]")
    expect(page.locator(".field-error").nth(1)).to_be_visible()
    assert violations(page) == []
    assert not is_wider_than_the_window(page)

    page.goto("/invitations/no-such-link")
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_invitation_to_being_in(site, scripts):
    email = f"new{scripts}@example.com"
    context = site.open(Look(scripts=scripts))
    page = context.new_page()
    page.goto(PEOPLE)
    page.click("text=Invite")
    page.fill("[name=email]", email)
    page.click("text=Make the link")
    link = page.locator("#invitation-link").input_value()
    expect(page.locator("[data-copy]").first).to_be_visible(visible=scripts)
    context.close()

    context = site.open(Look(scripts=scripts), is_logged_in=False)
    page = context.new_page()
    page.goto(re.sub(r"^https?://[^/]+", "", link))
    page.fill("[name=name]", "New Person")
    page.fill("[name=password]", "correct battery")
    page.fill("[name=again]", "correct battery")
    page.click("text=Make my login")

    expect(page).to_have_url(re.compile(r"/console$"))
    expect(page.locator(".menu-person")).to_contain_text("New Person")
    context.close()


def test_who_logs_in_again_in_the_dialog_keeps_what_he_has_typed(site, tab):
    tab.goto("/account")
    at_rest(tab)
    tab.fill("[name=name]", "Typed before the end")
    end_sessions(site)

    tab.evaluate(f"{REFRESH}}})")
    expect(tab.locator("#session-over")).to_be_visible()
    expect(tab.locator("#again-password")).to_be_focused()
    assert violations(tab) == []

    tab.keyboard.type("wrong")
    tab.keyboard.press("Enter")
    expect(tab.locator("#again-password-error")).to_be_visible()
    expect(tab.locator("#again-password")).to_be_focused()
    tab.keyboard.type(PASSWORD)
    tab.keyboard.press("Enter")

    expect(tab.locator("#session-over")).to_be_hidden()
    expect(tab.locator("[name=name]")).to_have_value("Typed before the end")
    tab.click("#account .button-primary")
    expect(tab.locator(".menu-person")).to_contain_text("Typed before the end")


def test_form_that_is_sent_too_late_is_filled_in_again(site, tab):
    tab.goto("/account")
    tab.fill("[name=name]", "Sent too late")
    end_sessions(site)

    tab.click("#account .button-primary")
    expect(tab.get_by_text("What you typed is kept")).to_be_visible()
    tab.fill("[name=email]", ADMIN)
    tab.fill("[name=password]", PASSWORD)
    tab.click("#login-form button[type=submit]")

    expect(tab).to_have_url(re.compile(r"/account$"))
    expect(tab.locator(".banner-warn")).to_contain_text("We have kept what you typed")
    expect(tab.locator("[name=name]")).to_have_value("Sent too late")
    assert violations(tab) == []


def test_dialog_that_was_closed_does_not_come_back_by_itself(site, tab):
    tab.goto("/integrations/1/calls")
    at_rest(tab)
    end_sessions(site)
    tab.select_option("[name=state]", "failed")
    expect(tab.locator("#session-over")).to_be_visible()

    tab.keyboard.press("Escape")
    with tab.expect_response(lambda answer: answer.status == 401):
        tab.evaluate(f"{REFRESH}, headers: {{'X-Poll': '1'}}}})")

    expect(tab.locator("#session-over")).to_be_hidden()


def test_other_tab_that_was_quicker_closes_the_question(site):
    context = site.open(Look())
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto("/account")
        at_rest(page)
    first.fill("[name=name]", "Of the first tab")
    end_sessions(site)
    second.goto("/login")
    second.fill("[name=email]", ADMIN)
    second.fill("[name=password]", PASSWORD)
    second.click("#login-form button[type=submit]")
    expect(second.locator(".menu-person")).to_be_visible()

    first.click("#account .button-primary")

    expect(first.locator(".menu-person")).to_contain_text("Of the first tab")
    context.close()
