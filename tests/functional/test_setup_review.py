"""The review: everything in words, what blocks, and the button that makes it count."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from models import Integration, SettingsVersion, db
from tests.pages import HTMX, NOON, csrf_token
from tests.setup_pages import seen

GOOD = {"tasks": {"lost_incoming": {"due_minutes": 20}}}
BROKEN = {"tasks": {"lost_incoming": {"assign": "from_settings"}}}


@pytest.fixture
def review(office) -> str:
    return f"/integrations/{office.id}/setup/review"


def change(app, office, **columns):
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        for name, value in columns.items():
            setattr(row, name, value)
        row.draft_saved_at = row.created_at
        db.session.commit()


def apply(client, path, known=None, **headers):
    data = {"csrf_token": csrf_token(client, path)}
    data["seen"] = known if known is not None else seen(client, path)
    return client.post(path, data=data, headers=headers)


def published(app, office) -> tuple[int | None, int]:
    """The version that counts, and how many there are."""
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        query = select(func.count()).where(SettingsVersion.integration_id == office.id)
        return row.published_version, db.session.execute(query).scalar_one()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_everything_stands_in_words(app, admin, office, review, headers):
    change(app, office, draft=GOOD, draft_author="Anna")

    page = admin.get(review, headers=headers)

    assert page.status_code == 200
    assert ("<html" in page.text) is (not headers)
    assert "1 difference to version 3" in page.text and "last saved by Anna" in page.text
    assert "Lost incoming call: task due, minutes" in page.text and "<b>20 min</b>" in page.text
    assert page.text.count('<td data-label="First contact"') == 4
    assert page.text.count('<td data-label="Repeat contact"') == 4
    assert page.text.count('class="card section-card"') == 8
    assert "Apply the changes" in page.text


def test_nothing_to_apply_is_said_and_has_no_button(admin, review):
    page = admin.get(review).text

    assert "Everything is applied" in page and "Calls run by version 3." in page
    assert "Apply the changes" not in page


def test_keys_are_masked(app, admin, office, review):
    vault = app.extensions["vault"]
    change(app, office, behomes_key_sealed=vault.seal("sk-0123456789-7f3a"))

    page = admin.get(review).text

    assert "•••• 7f3a" in page and "0123456789" not in page


def test_changes_are_applied_once(app, admin, office, review):
    change(app, office, draft=GOOD)
    known = seen(admin, review)

    first, second = apply(admin, review, known), apply(admin, review, known)

    assert (first.status_code, second.status_code) == (303, 303)
    assert published(app, office) == (4, 2)
    assert "Calls run by version 4." in admin.get(review).text
    with app.app_context():
        row = db.session.scalars(select(SettingsVersion).order_by(SettingsVersion.number)).all()[-1]
        assert row.author == "admin@example.com"
        assert row.document["tasks"]["lost_incoming"]["due_minutes"] == 20


def test_applying_nothing_says_so(app, admin, office, review):
    answer = admin.post(review, data={"csrf_token": csrf_token(admin, review)})

    assert answer.status_code == 303 and published(app, office) == (3, 1)
    assert "There was nothing to apply" in admin.get(review).text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_missing_blocks_and_leads_to_the_field(app, admin, office, review, headers):
    change(app, office, draft=BROKEN)

    page, answer = admin.get(review).text, apply(admin, review, **headers)

    assert 'aria-disabled="true"' in page and "1 thing has to be fixed first." in page
    assert answer.status_code == 422
    assert "This cannot be applied yet" in answer.text and "Calls run as before." in answer.text
    assert f"/integrations/{office.id}/setup/funnels#responsible-incoming_user_id" in answer.text
    assert published(app, office) == (3, 1)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_draft_that_changed_since_is_shown_instead_of_applied(
    app, admin, office, review, headers
):
    change(app, office, draft=GOOD)
    known = seen(admin, review)
    change(
        app, office, draft={"tasks": {"lost_incoming": {"due_minutes": 45}}}, draft_author="<i>I"
    )

    answer = apply(admin, review, known, **headers)

    assert answer.status_code == 409
    assert "&lt;i&gt;I saved something else" in answer.text and "<b>45 min</b>" in answer.text
    assert published(app, office) == (3, 1)


def test_first_time_turns_the_integration_on(app, admin, office, review):
    with app.app_context():
        db.session.execute(SettingsVersion.__table__.delete())
        db.session.commit()
    change(app, office, published_version=None)
    assert "Turn on the integration" in admin.get(review).text

    answer = apply(admin, review)

    assert answer.status_code == 303 and published(app, office) == (1, 1)
    assert "The integration is on. Calls run by version 1." in admin.get(review).text


def test_pause_stands_there_as_soon_as_calls_run(app, admin, office, review):
    page = admin.get(review).text
    assert f'action="/integrations/{office.id}/pause"' in page

    change(app, office, paused_at=NOON)

    assert f'action="/integrations/{office.id}/resume"' in admin.get(review).text


def test_hostile_names_stay_text(app, admin, office, review):
    change(
        app,
        office,
        title="<script>x</script>",
        draft={"templates": {"lead": {"title": "<img src=x> {{call_date}}", "comment": None}}},
    )

    page = admin.get(review).text

    assert "&lt;img src=x&gt; {{call_date}}" in page
    assert "<img src=x>" not in page and "<script>x" not in page


def test_strangers_and_employees_get_nothing(admin, employee, office, review):
    strange = f"/integrations/{office.strange_id}/setup/review"
    token = csrf_token(admin, review)

    assert admin.get(strange).status_code == 404
    assert admin.post(strange, data={"csrf_token": token}).status_code == 404
    assert employee.get(review).status_code == 403


# The draft deleted


def test_deleting_the_draft_says_what_is_lost(app, admin, office, review):
    change(app, office, draft=GOOD, draft_author="Anna")
    path = f"/integrations/{office.id}/setup/discard"

    page = admin.get(path).text
    answer = apply(admin, path)

    assert "1 change of the draft is lost" in page and "<b>20 min</b>" in page
    assert answer.status_code == 303
    with app.app_context():
        assert db.session.get_one(Integration, office.id).draft is None


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_draft_that_was_not_seen_is_not_deleted(app, admin, office, headers):
    change(app, office, draft=GOOD)
    path = f"/integrations/{office.id}/setup/discard"

    answer = apply(admin, path, "0000", **headers)

    assert answer.status_code == 409 and "The draft has changed meanwhile" in answer.text
    with app.app_context():
        assert db.session.get_one(Integration, office.id).draft is not None


def test_without_a_draft_there_is_nothing_to_delete(admin, office):
    assert admin.get(f"/integrations/{office.id}/setup/discard").status_code == 303
