"""The pop-up inside a page of another origin: signing in, a card, a one-click call, isolation."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from models import Integration, LoginIntegration, db
from services import console_events
from tests.browser import Look, served
from tests.pages import make_app, plant_office

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><title>CRM</title>
<style>button, p, article {{ display: none !important; color: red }}</style></head>
<body><h1>CRM</h1><a href="tel:+971501234567">Call</a> <span data-call="+971501234568">Marked</span>
<script src="{base}/embed.js" data-integration="1" async></script></body></html>"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src {base}; connect-src {base}"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        plant_office()
        for row in db.session.scalars(db.select(LoginIntegration)):
            row.crm_user_id = "u_17"
        db.session.commit()
    with served(app) as site:
        yield site


@pytest.fixture(scope="module")
def crm(site):
    """A page of another origin, with a strict policy of its own."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", POLICY.format(base=site.url))
            self.end_headers()
            self.wfile.write(PAGE.format(base=site.url).encode())

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(site, crm):
    with site.app.app_context():
        db.session.get_one(Integration, 1).allowed_origins = [crm]
        db.session.commit()
    with site.open(Look(), bypass_csp=False) as context:
        page, errors = context.new_page(), []
        page.on("pageerror", lambda error: errors.append(error))
        page.goto(crm)
        yield page
        assert errors == []


def sign_in(page):
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in to see calls").click()
    opened.value.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("Connected")).to_be_visible(timeout=15_000)


def ring(site, version, **more):
    """What the server tells of a call."""
    card = {
        "call": "900", "integration": 1, "version": version, "state": "ringing", "announce": True,
        "phone": "+971501234567", "phone_shown": "+971 50 123 4567", "is_hidden": False,
        "crm_state": "asking", "client": None, "talking_since": None, "source": {}, **more,
    }  # fmt: skip
    with site.app.app_context():
        connection = db.session.connection()
        console_events.publish(connection, 1, "101", console_events.CARD, card)
        db.session.commit()


def test_card_comes_once_for_all_pages_and_goes_for_all(site, page, crm):
    sign_in(page)
    second = page.context.new_page()
    second.goto(crm)
    expect(second.get_by_text("Connected")).to_be_visible(timeout=15_000)

    ring(site, 1)
    ring(site, 2, crm_state="known", client={"name": "<b>Client</b>", "url": None})
    for each in (page, second):
        card = each.get_by_role("article")
        expect(card).to_have_count(1)
        expect(card).to_contain_text("<b>Client</b>")
        expect(card.get_by_text("+971 50 123 4567")).to_be_visible()

    page.get_by_role("button", name="Close").click()
    for each in (page, second):
        expect(each.get_by_role("article")).to_have_count(0)


def test_press_on_a_number_asks_for_one_call(site, page):
    sign_in(page)
    asked = []
    page.on("request", lambda it: it.url.endswith("/calls") and asked.append(it.post_data_json))

    page.get_by_role("link", name="Call").dblclick()

    expect(page.get_by_role("article")).to_contain_text("+971501234567")
    expect(page.get_by_role("article").get_by_role("status")).to_contain_text("Not called")
    assert [each["phone"] for each in asked] == ["+971501234567"]
    page.get_by_text("Marked").press("Enter")
    expect(page.get_by_role("article")).to_contain_text("+971501234568")


def test_signing_out_takes_the_key_away(site, page):
    sign_in(page)

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("button", name="Sign in to see calls")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in to see calls")).to_be_visible()
