"""The main pages in a real browser, over an office whose every text is an attack on them.

A dialog would be a script of theirs that ran; a violation of the content policy one that was only
stopped at the last door; an error on the console a page that they have broken.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models import CrmUserRow, db
from services import console_hub
from tests.browser import Look, served
from tests.consoles import tell
from tests.doors import plant
from tests.hostile import HOSTILE, MARK, TYPED, spoil
from tests.pages import CALL_IDS, EMPLOYEE, logged_in, make_app, plant_office

pytestmark = pytest.mark.browser

BASE = "/integrations/1"
PAGES = (
    f"{BASE}/overview",
    f"{BASE}/calls",
    f"{BASE}/calls/{CALL_IDS[3]}",
    f"{BASE}/calls?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
    f"{BASE}/journal",
    f"{BASE}/accounted",
    f"{BASE}/changes",
    f"{BASE}/privacy",
    f"{BASE}/setup/funnels",
    f"{BASE}/setup/templates/lead",
    f"{BASE}/setup/fields/lead",
    f"{BASE}/setup/review",
    f"{BASE}/try",
    f"{BASE}/no-such-page/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
)
# The page of an unknown address; and htmx, where a newer request or page ends an older request.
EXPECTED = (
    "Failed to load resource: the server responded with a status of 404",
    "htmx:afterRequest",
    "htmx:sendAbort",
    "htmx:sendError",
)
LISTEN = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy: " + event.violatedDirective + " " + event.blockedURI + event.sample))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    before, console_hub.LOOK_SECONDS = console_hub.LOOK_SECONDS, 0.05
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        plant(app, plant_office())
        spoil(1)
        mine = db.session.scalars(db.select(CrmUserRow).filter_by(user_id="u_17")).one()
        mine.email = EMPLOYEE  # whose phone rings: the pop-up is told by it
        db.session.commit()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()
    console_hub.LOOK_SECONDS = before


def watched(context):
    """A page, and what goes wrong on it."""
    wrong = []
    context.set_default_timeout(30_000)
    context.add_init_script(LISTEN)
    page = context.new_page()

    def dialog(shown):
        wrong.append(f"dialog {shown.message} at {page.url}")
        shown.dismiss()

    def said(message):
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            wrong.append(f"{message.text} at {page.url}")

    page.on("dialog", dialog)
    page.on("console", said)
    page.on("pageerror", lambda error: wrong.append(f"{error} at {page.url}"))
    return page, wrong


def test_no_page_does_what_its_texts_say(site):
    context = site.open(Look(), bypass_csp=False)
    page, wrong = watched(context)
    shown = 0

    for path in PAGES:
        page.goto(path)
        shown += MARK in page.content()
        assert page.locator("img[src='x'], svg[onload], a[href^='javascript']").count() == 0, path

    assert wrong == []
    assert shown > 10
    context.close()


def test_parts_that_scripts_put_in_stay_texts(site):
    """Steps of the set-up saved with such texts, a filter typed, a preview drawn by htmx."""
    context = site.open(Look(), bypass_csp=False)
    page, wrong = watched(context)

    page.goto(f"{BASE}/calls")
    page.locator("input[name=q]").first.fill(f"{MARK}'\"><img src=x onerror=alert(1)>")
    with page.expect_response(lambda answer: "q=" in answer.url):
        page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.goto(f"{BASE}/setup/templates/lead")
    title = page.locator("[name=title]").first
    with page.expect_response(
        lambda answer: "/preview" in answer.url or answer.request.method == "POST"
    ):
        title.fill(TYPED + "1")
        title.blur()
    page.wait_for_load_state("networkidle")

    assert page.locator("img[src='x'], svg[onload], a[href^='javascript']").count() == 0
    assert wrong == []
    context.close()


def test_popup_shows_what_a_caller_is_called(site):
    context = site.open(Look(), is_logged_in=False, bypass_csp=False)
    session = logged_in(site.app, EMPLOYEE).get_cookie("session").value
    context.add_cookies([{"name": "session", "value": session, "url": site.url}])
    page, wrong = watched(context)
    page.goto("/console")
    expect(page.locator("#presence")).to_have_attribute("data-state", "online")
    client = {"id": HOSTILE, "name": HOSTILE, "url": None, "responsible": HOSTILE}

    tell(
        site,
        "x1",
        phone_shown=HOSTILE,
        line_name=HOSTILE,
        crm_state="known",
        client=client,
        source={"utm_source": HOSTILE, "campaign": HOSTILE},
    )

    card = page.locator(".call-card")
    expect(card.locator("h3")).to_contain_text("<script>alert(2)</script>")
    assert card.locator("img, script").count() == 0
    assert wrong == []
    context.close()


def test_what_it_listens_for_is_heard(site):
    """A dialog, a violation and an error would be noticed."""
    context = site.open(Look(), bypass_csp=False)
    page, wrong = watched(context)
    page.goto(f"{BASE}/calls")

    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'alert(1)';"
        " document.body.append(s); }"
    )
    page.evaluate("() => { alert(2) }")
    assert [w for w in wrong if w.startswith("policy: script-src")]
    assert [w for w in wrong if w.startswith("dialog 2")]
    context.close()
