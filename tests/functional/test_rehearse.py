from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from models import CallSession, Decision, Integration, db
from tests.pages import CALL_IDS, HTMX

REHEARSE = "/integrations/{}/rehearse"
DEAL = {"incoming": {"first": {"create": "deal"}}}


@pytest.fixture
def journal(app, office):
    """The planted calls, as if they had been made and decided today by the settings in use."""
    with app.app_context():
        for place, call in enumerate(
            db.session.scalars(db.select(CallSession).filter_by(integration_id=office.id))
        ):
            call.started_at = datetime.now(UTC) - timedelta(minutes=10 - place)
            call.facts = {
                **call.facts,
                "direction": call.direction,
                "outcome": call.outcome,
                "client_phone": call.client_phone,
                "is_ended": call.outcome is not None,
                "answered_by": "101" if call.direction == "inbound" else None,
                "caller": "101",
            }
        last = db.session.scalar(db.select(CallSession).filter_by(call_session_id=CALL_IDS[5]))
        db.session.execute(db.delete(Decision).where(Decision.session_row_id == last.id))
        db.session.commit()
    return office


def draft(app, office, document):
    with app.app_context():
        db.session.get_one(Integration, office.id).draft = document
        db.session.commit()


def test_page_asks_for_the_time_first(admin, office):
    page = admin.get(REHEARSE.format(office.id)).text

    assert "7 days" in page and "30 days" in page
    assert "would come out" not in page


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "partial"])
def test_differences_are_counted_and_listed(app, admin, journal, headers):
    draft(app, journal, DEAL)

    page = admin.get(f"{REHEARSE.format(journal.id)}?days=7", headers=headers).text

    assert "3 calls of 4 would come out differently." in page
    assert "client, lead for Agent One" in page
    assert "client, deal for Agent One" in page
    assert f"/integrations/{journal.id}/calls/{CALL_IDS[0]}" in page
    assert f"/integrations/{journal.id}/setup/incoming#incoming-first-create" in page
    assert "1 internal call was left out" in page
    assert "1 call was left out: it is not decided yet." in page
    assert ("<html" in page) is (headers == {})


def test_settings_in_use_make_no_difference(admin, journal):
    page = admin.get(f"{REHEARSE.format(journal.id)}?days=7").text

    assert "No differences: all 4 calls would come out just the same." in page
    assert '<th scope="col">Why</th>' not in page


def test_empty_journal_says_what_else_to_do(app, admin, journal):
    with app.app_context():
        db.session.execute(
            db.update(CallSession).values(started_at=datetime(2020, 1, 1, tzinfo=UTC))
        )
        db.session.commit()

    assert "No calls in this time" in admin.get(f"{REHEARSE.format(journal.id)}?days=30").text


def test_broken_draft_is_rehearsed_as_far_as_it_can_be(app, admin, journal):
    draft(app, journal, {"incoming": {"first": {"create": "castle"}}})

    page = admin.get(f"{REHEARSE.format(journal.id)}?days=7").text

    assert "1 thing keeps the settings from being applied" in page
    assert "No differences" in page


@pytest.mark.parametrize(
    "query", ["days=365", "days=x", "days=7&page=x", "days=7&page=-1", "by=moon"]
)
def test_strange_question_is_no_error(admin, journal, query):
    assert admin.get(f"{REHEARSE.format(journal.id)}?{query}").status_code == 200


def test_both_settings_can_be_rehearsed(app, admin, journal):
    draft(app, journal, DEAL)

    page = admin.get(f"{REHEARSE.format(journal.id)}?days=7&by=published").text

    assert "No differences" in page
    assert re.search(r'name="by"\s+value="published"', page)


def test_rehearsing_is_for_administrators_of_the_office(admin, employee, office):
    assert employee.get(REHEARSE.format(office.id)).status_code == 403
    assert admin.get(REHEARSE.format(office.strange_id)).status_code == 404
