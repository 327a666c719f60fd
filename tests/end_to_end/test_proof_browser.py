"""What proves and protects, in a real browser: calls accounted for, personal data, the log of
changes, the second step of the login."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from models import AuditFinding, CallSession, Integration, RecordingAccess, db
from tests.axe import violations
from tests.browser import EACH_ONCE, Look, at_rest, served
from tests.pages import CALL_IDS, make_app, plant_office

pytestmark = pytest.mark.browser

PRIVACY = "/integrations/1/privacy"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
PAGES = {
    "days": "/integrations/1/accounted",
    "day": f"/integrations/1/accounted/{YESTERDAY}?list=all",
    "personal data": PRIVACY,
    "listened": f"{PRIVACY}/listened",
    "changes": "/integrations/1/changes",
    "no change": "/integrations/1/changes?who=nobody@example.com",
    "second step": "/account/second-step",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app = make_app(tmp_path_factory.mktemp("site"))
    with app.app_context():
        plant_office()
        plant_what_is_looked_at()
    with served(app) as site:
        yield site
    with app.app_context():
        db.engine.dispose()


def plant_what_is_looked_at():
    """A week of days, an open call, a lost entry, a listening."""
    db.session.get_one(Integration, 1).created_at = datetime.now(UTC) - timedelta(days=7)
    call = db.session.scalars(db.select(CallSession).filter_by(call_session_id=CALL_IDS[3])).one()
    call.started_at = datetime.now(UTC) - timedelta(days=1)
    call.state, call.state_reason, call.next_at = "failed", "write_refused", None
    now, of_call = datetime.now(UTC), {"integration_id": 1, "session_row_id": call.id}
    lost = {"kind": "lead", "problem": "lost", "crm_id": "l_1022", "ids": []}
    times = {"seen_at": now, "checked_at": now}
    db.session.add(AuditFinding(ledger_key="key", **of_call, **lost, **times))
    listened = {"call_session_id": CALL_IDS[3], "record": "1", "at": now}
    db.session.add(RecordingAccess(integration_id=1, address="2001:db8::7348", **listened))
    db.session.commit()


@pytest.fixture(scope="module", params=EACH_ONCE, ids=str)
def look(request):
    return request.param


@pytest.fixture
def tab(site):
    context = site.open(Look())
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_page_is_accessible_and_fits_its_width(site, look, path):
    context = site.open(look)
    page = context.new_page()
    page.goto(path)
    at_rest(page)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    context.close()


def test_keyboard_goes_to_what_is_asked_or_wrong(tab):
    tab.goto(PRIVACY)
    tab.fill("[name=phone]", "no number")
    tab.press("[name=phone]", "Enter")
    expect(tab.locator("#error-summary")).to_be_focused()

    tab.goto(PRIVACY)
    tab.fill("[name=clicks]", "30")
    tab.press("[name=clicks]", "Enter")
    expect(tab.locator("#less-days")).to_be_focused()
    expect(tab.locator("#less-days")).to_be_in_viewport()
    assert violations(tab) == []
