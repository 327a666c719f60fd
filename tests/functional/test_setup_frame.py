"""The wizard's frame: the list of steps, saving into the draft, two admins, hidden groups."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from models import Integration, LoginSession, db
from tests.pages import ADMIN, HTMX, csrf_token, log_in
from tests.setup_pages import draft, post, seen

TASKS = {
    "tasks__lost_incoming__assign": "from_settings",
    "tasks__lost_incoming__due_minutes": "20",
    "tasks__failed_outgoing__assign": "none",
    "shown": ["tasks__lost_incoming__once_per_client"],
}


@pytest.fixture
def tasks(office) -> str:
    return f"/integrations/{office.id}/setup/tasks"


def test_home_lists_all_steps_with_their_states(admin, office):
    page = admin.get(f"/integrations/{office.id}/setup").text

    steps, beside = page.split('id="features-title"')
    assert steps.count('class="task-row"') == 9
    assert beside.count('class="task-row"') == 9
    assert "Needs attention" in page or "Done" in page


def test_step_is_a_page_and_a_partial(admin, tasks):
    page, partial = admin.get(tasks), admin.get(tasks, headers=HTMX)

    assert "<html" in page.text and 'aria-current="step"' in page.text
    assert "<html" not in partial.text and 'id="wizard"' in partial.text
    assert "HX-Request" in page.headers["Vary"]


def test_saving_changes_the_draft_and_nothing_else(app, admin, office, tasks):
    answer = post(admin, tasks, TASKS)

    assert answer.status_code == 303
    rule = draft(app, office)["tasks"]["lost_incoming"]
    assert (rule["assign"], rule["due_minutes"], rule["once_per_client"]) == (
        "from_settings",
        20,
        False,
    )
    assert "Saved to the draft. Calls run by version 3." in admin.get(tasks).text


def test_what_was_hidden_keeps_its_value(app, admin, office, tasks):
    post(admin, tasks, TASKS)

    post(admin, tasks, {"tasks__lost_incoming__assign": "none"})

    rule = draft(app, office)["tasks"]["lost_incoming"]
    assert (rule["assign"], rule["due_minutes"], rule["once_per_client"]) == ("none", 20, False)


@pytest.mark.parametrize("minutes", ["0", "", "soon", "999999"])
def test_bad_minutes_are_refused_and_kept_on_the_page(app, admin, office, tasks, minutes):
    answer = post(admin, tasks, {**TASKS, "tasks__lost_incoming__due_minutes": minutes})

    assert answer.status_code == 422
    assert "There is a problem" in answer.text and 'aria-invalid="true"' in answer.text
    assert draft(app, office) is None


def test_unknown_choice_is_refused(app, admin, office, tasks):
    answer = post(admin, tasks, {**TASKS, "tasks__lost_incoming__assign": "caller"})

    assert answer.status_code == 422
    assert draft(app, office) is None


def test_saving_what_is_published_leaves_no_draft(app, admin, office, tasks):
    post(admin, tasks, TASKS)

    post(
        admin,
        tasks,
        {
            "tasks__lost_incoming__assign": "none",
            "tasks__lost_incoming__due_minutes": "15",
            "tasks__lost_incoming__once_per_client": "1",
            "shown": "tasks__lost_incoming__once_per_client",
        },
    )

    assert draft(app, office) is None


def test_second_admin_sees_both_versions_and_chooses(app, admin, office, tasks):
    before = seen(admin, tasks)
    post(admin, tasks, {**TASKS, "seen": before})

    stale = post(admin, tasks, {**TASKS, "tasks__lost_incoming__due_minutes": "45", "seen": before})

    assert stale.status_code == 409
    assert "Somebody else has changed this" in stale.text
    assert draft(app, office)["tasks"]["lost_incoming"]["due_minutes"] == 20
    again = re.search(r'name="seen" value="([0-9a-f]+)"', stale.text).group(1)
    kept = post(admin, tasks, {**TASKS, "tasks__lost_incoming__due_minutes": "45", "seen": again})
    assert kept.status_code == 303
    assert draft(app, office)["tasks"]["lost_incoming"]["due_minutes"] == 45


def test_changes_that_cannot_be_applied_yet_are_saved_and_explained(admin, tasks):
    post(admin, tasks, TASKS)

    page = admin.get(tasks).text

    assert "Needs attention" in page or "field-warning" in page or "not applied" in page
    assert "changes not applied" in page


def test_field_is_checked_alone(admin, office, tasks):
    wrong = post(
        admin,
        f"{tasks}/validate?field=tasks-lost_incoming-due_minutes",
        {**TASKS, "tasks__lost_incoming__due_minutes": "0"},
        **HTMX,
    )

    assert wrong.status_code == 200
    assert "whole number of minutes" in wrong.text


@pytest.mark.parametrize("slug", ["nothing", "settings", "..%2fkey"])
def test_unknown_step_is_not_found(admin, office, slug):
    assert admin.get(f"/integrations/{office.id}/setup/{slug}").status_code == 404


def test_strangers_integration_is_not_found(admin, office):
    base = f"/integrations/{office.strange_id}/setup"

    assert admin.get(base).status_code == 404
    assert admin.get(f"{base}/tasks").status_code == 404


def test_employees_do_not_see_the_settings(employee, office):
    assert employee.get(f"/integrations/{office.id}/setup").status_code == 403
    assert employee.get(f"/integrations/{office.id}/setup/tasks").status_code == 403


def test_what_was_typed_when_the_session_was_over_stands_on_the_page_again(
    app, admin, office, tasks
):
    token = csrf_token(admin, tasks)
    with app.app_context():
        for row in db.session.scalars(db.select(LoginSession)):
            row.seen_at -= timedelta(hours=1)
        db.session.commit()
    lost = admin.post(
        tasks,
        data={**TASKS, "tasks__lost_incoming__due_minutes": "77", "csrf_token": token},
        headers={"Origin": "http://localhost", "Referer": f"http://localhost{tasks}"},
    )
    assert lost.status_code == 303

    assert log_in(admin, ADMIN).status_code == 303
    page = admin.get(tasks).text

    assert 'value="77"' in page
    assert draft(app, office) is None


def test_step_that_another_step_needs_asks_for_attention_before_it_was_opened(
    app, admin, office, tasks
):
    with app.app_context():
        db.session.get_one(Integration, office.id).published_version = None
        db.session.commit()
    before = admin.get(f"/integrations/{office.id}/setup").text

    post(admin, tasks, TASKS)

    after = admin.get(f"/integrations/{office.id}/setup").text
    assert before.count("Needs attention") == 0
    assert "something is missing or wrong" in after.split("Sales funnels")[1].split("</a>")[0]
