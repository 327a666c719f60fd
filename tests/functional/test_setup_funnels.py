"""The step `funnels`: kept lists, stages of the chosen funnel, what is gone, lists read again."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest

from models import CrmList, Integration, db
from tests.pages import HTMX
from tests.setup_pages import draft, post

PIPELINES = [
    {
        "id": "p_1",
        "name": "Sales <b>",
        "entity": "deal",
        "stages": [
            {"id": "s_1", "name": "New", "kind": "open"},
            {"id": "s_2", "name": "Won", "kind": "won"},
        ],
    },
    {
        "id": "p_2",
        "name": "Rent",
        "entity": "deal",
        "stages": [{"id": "s_21", "name": "First", "kind": "open"}],
    },
]
CHOSEN = {
    "funnels__pipeline_id": "p_1",
    "funnels__stage_id": "s_1",
    "responsible__incoming_user_id": "u_17",
    "responsible__outgoing_user_id": "u_18",
}
READ_AT = datetime(2026, 3, 5, 10, 2, tzinfo=UTC)


def change(app, office, **columns):
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        for name, value in columns.items():
            setattr(row, name, value)
        db.session.commit()


@pytest.fixture
def unread(office) -> str:
    return f"/integrations/{office.id}/setup/funnels"


@pytest.fixture
def funnels(app, office, unread) -> str:
    change(app, office, crm_read_at=READ_AT)
    with app.app_context():
        db.session.add(
            CrmList(integration_id=office.id, kind="pipelines", rows=PIPELINES, fetched_at=READ_AT)
        )
        db.session.commit()
    return unread


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_lists_are_shown_with_their_moment(admin, funnels, headers):
    page = admin.get(funnels, headers=headers).text

    assert "Sales &lt;b&gt;" in page and "Agent One · agent.one@example.com" in page
    assert "updated 5 Mar 2026, 14:02" in page
    assert 'hx-trigger="every' not in page
    assert 'aria-invalid="None"' not in page


def test_choices_are_saved_into_the_draft(app, admin, office, funnels):
    answer = post(admin, funnels, CHOSEN)

    assert answer.status_code == 303
    saved = draft(app, office)
    assert saved["funnels"] == {"pipeline_id": "p_1", "stage_id": "s_1"}
    assert saved["responsible"] == {"incoming_user_id": "u_17", "outgoing_user_id": "u_18"}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_stage_of_another_funnel_is_refused(app, admin, office, funnels, headers):
    answer = post(admin, funnels, {**CHOSEN, "funnels__stage_id": "s_21"}, **headers)

    assert answer.status_code == 422
    assert "This stage belongs to another funnel" in answer.text
    assert 'href="#funnels-stage_id"' in answer.text
    assert draft(app, office) is None


def test_stages_follow_the_funnel(admin, funnels):
    part = admin.get(f"{funnels}/stages?funnels__pipeline_id=p_2", headers=HTMX)

    assert "<html" not in part.text and 'id="stage-field"' in part.text
    assert "First" in part.text and "s_1" not in part.text.replace("s_21", "")


def test_without_javascript_the_stages_come_with_all_that_was_typed(app, admin, office, funnels):
    page = post(admin, f"{funnels}/stages", {**CHOSEN, "funnels__pipeline_id": "p_2"})

    assert page.status_code == 200 and "<html" in page.text
    assert '<option value="s_21">First</option>' in page.text
    assert '<option selected value="u_18">' in page.text
    assert draft(app, office) is None


def test_stages_opened_as_a_page_lead_to_the_step(admin, funnels):
    assert admin.get(f"{funnels}/stages").status_code == 302


def test_steps_without_a_funnel_have_no_stages(admin, office, funnels):
    assert admin.get(f"/integrations/{office.id}/setup/tasks/stages").status_code == 404


def test_deleted_stage_stays_and_needs_attention(app, admin, office, funnels):
    change(
        app,
        office,
        draft={
            "incoming": {"first": {"create": "deal"}},
            "funnels": {"pipeline_id": "p_1", "stage_id": "s_9"},
        },
    )

    page = admin.get(funnels).text

    assert "s_9 (deleted in Behomes)" in page
    assert re.search(r'aria-current="step".*?Needs attention', page, re.DOTALL)
    assert "field-warning" in page
    assert 'href="/integrations/1/setup/incoming#incoming-first-create"' in page


def test_final_stage_is_warned_of(admin, funnels):
    part = admin.get(
        f"{funnels}/stages?funnels__pipeline_id=p_1&funnels__stage_id=s_2", headers=HTMX
    ).text

    assert "new deals would be closed at once" in part
    assert '<optgroup label="Final stages: the deal is closed at once">' in part


def test_summary_tells_where_deals_go_and_who_answers(admin, funnels):
    card = post(admin, f"{funnels}/summary", CHOSEN, **HTMX).text

    assert "<b>Agent One</b> gets it" in card
    assert "No call makes a deal now" in card


# Lists that were never read


def test_unread_lists_are_waited_for(admin, unread):
    page = admin.get(unread).text

    assert "Loading the funnels from Behomes…" in page and "Behomes answers slowly" in page
    assert 'hx-trigger="every 1s"' in page
    assert 'name="funnels__pipeline_id"' not in page


def test_saving_before_the_lists_are_there_changes_nothing(app, admin, office, unread):
    post(admin, unread, {})

    assert draft(app, office) is None


def test_waiting_page_is_left_as_it_is(admin, unread):
    answer = post(admin, f"{unread}/lists?since={int(time.time())}", {}, **HTMX)

    assert answer.status_code == 204


def test_after_ten_seconds_it_says_what_to_do(admin, unread):
    part = post(admin, f"{unread}/lists?since={int(time.time()) - 11}", {}, **HTMX).text

    assert 'role="alert"' in part and "more than 10 seconds" in part and "Try again" in part
    assert 'hx-trigger="every' not in part


def test_error_is_told_at_once_and_in_words(app, admin, office, unread):
    change(app, office, crm_error="forbidden: <script>")

    page = admin.get(unread).text

    assert "The key of Behomes lacks rights" in page
    assert "script&gt;" not in page


def test_lists_appear_when_they_were_read(admin, funnels):
    part = post(admin, f"{funnels}/lists?since={int(time.time())}&read=", CHOSEN, **HTMX)

    assert part.status_code == 200
    assert '<option selected value="s_1">New</option>' in part.text


# Lists read again


def test_refresh_asks_the_background_and_keeps_what_was_chosen(app, admin, office, funnels):
    change(app, office, pbx_tried_at=READ_AT, crm_error="timeout: slow")

    part = post(admin, f"{funnels}/refresh", CHOSEN, **HTMX).text

    assert "Reading from Behomes…" in part and 'hx-trigger="every 1s"' in part
    assert '<option selected value="s_1">New</option>' in part
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        assert row.pbx_tried_at is None and row.crm_error is None


def test_refresh_without_javascript_keeps_what_was_chosen(app, admin, office, funnels):
    page = post(admin, f"{funnels}/refresh", CHOSEN)

    assert page.status_code == 200 and "<html" in page.text
    assert '<option selected value="u_18">' in page.text
    assert draft(app, office) is None


def test_old_lists_stay_usable_while_the_crm_is_down(app, admin, office, funnels):
    change(app, office, crm_error="cannot_connect: refused")

    page = admin.get(funnels).text

    assert "No connection to Behomes" in page and "you can go on with them" in page
    assert 'name="funnels__pipeline_id"' in page


def test_long_lists_can_be_searched(app, admin, office, funnels):
    from models import CrmUserRow

    assert "data-searchable" not in admin.get(funnels).text
    with app.app_context():
        db.session.add_all(
            CrmUserRow(integration_id=office.id, user_id=f"x_{n}", name=f"X {n}") for n in range(30)
        )
        db.session.commit()

    assert "data-searchable" in admin.get(funnels).text


def test_strangers_and_employees_get_nothing(admin, employee, office, funnels):
    strange = f"/integrations/{office.strange_id}/setup/funnels"

    assert post(admin, f"{strange}/refresh", {}).status_code == 404
    assert admin.get(f"{strange}/stages", headers=HTMX).status_code == 404
    assert employee.get(funnels).status_code == 403
