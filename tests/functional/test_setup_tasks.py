"""The step `tasks`: the person in brackets, the example tasks, the working hours."""

from __future__ import annotations

import re

import pytest

from models import CrmUserRow, db
from tests.pages import HTMX
from tests.setup_pages import draft, post

LOST = {
    "tasks__lost_incoming__assign": "from_settings",
    "tasks__lost_incoming__due_minutes": "20",
    "tasks__failed_outgoing__assign": "none",
    "responsible__incoming_user_id": "u_17",
}
HOURS = {
    "shown": "working_hours",
    "working_hours-mode": "hours",
    "working_hours-1-from": "09:00",
    "working_hours-1-till": "18:00",
}


@pytest.fixture
def tasks(office) -> str:
    return f"/integrations/{office.id}/setup/tasks"


def words(html):
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_person_is_asked_for_while_nobody_is_named(app, admin, office, tasks):
    assert 'id="responsible-incoming_user_id"' in admin.get(tasks).text

    post(admin, tasks, LOST)

    assert draft(app, office)["responsible"]["incoming_user_id"] == "u_17"


def test_named_person_stands_in_brackets_with_the_way_to_change_him(admin, office, tasks):
    post(admin, tasks, LOST)

    page = admin.get(tasks).text

    assert "Responsible for incoming calls (Agent One)" in words(page)
    assert f'/integrations/{office.id}/setup/funnels#responsible-incoming_user_id"' in page
    assert 'name="responsible__incoming_user_id"' not in page


def test_person_who_left_is_asked_for_anew(app, admin, office, tasks):
    post(admin, tasks, LOST)
    with app.app_context():
        db.session.get_one(CrmUserRow, (office.id, "u_17")).active = False
        db.session.commit()

    page = admin.get(tasks).text

    assert "Agent One · agent.one@example.com (inactive in Behomes)" in page
    assert "Missed calls would be nobody&#39;s" in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_example_is_rendered_as_the_crm_would_show_it(admin, tasks, headers):
    post(admin, tasks, LOST)

    page = words(admin.get(tasks, headers=headers).text)

    assert "Перезвонить +971" in page and "пропущенный звонок 17:50" in page
    assert "18:10" in page and "An example: a lost call of today at 17:50." in page


def test_example_follows_what_is_typed(admin, tasks):
    typed = {**LOST, "tasks__lost_incoming__due_minutes": "1440", **HOURS}

    reply = post(admin, f"{tasks}/summary", typed, **HTMX).text

    assert 'id="task-previews"' in reply and 'hx-swap-oob="true"' in reply
    told = words(reply)
    assert "a task; responsible: Agent One (from the settings); due in 1440 minutes." in told
    assert "The time runs in working hours only." in told


def test_without_tasks_there_is_no_example(admin, tasks):
    page = words(admin.get(tasks).text)

    assert "No tasks are created now" in page and "no task is created" in page


def test_task_of_nobody_is_a_warning(admin, tasks):
    reply = post(admin, f"{tasks}/summary", {**LOST, "responsible__incoming_user_id": ""}, **HTMX)

    assert "Missed calls would be nobody&#39;s: name a responsible." in reply.text
    assert 'href="#responsible-incoming_user_id"' in reply.text


def test_working_hours_are_saved_and_shown_again(app, admin, office, tasks):
    answer = post(admin, tasks, {**LOST, **HOURS})

    assert answer.status_code == 303
    assert draft(app, office)["working_hours"]["1"] == [["09:00", "18:00"]]
    page = admin.get(tasks).text
    assert re.search(r'name="working_hours-1-from"\s+value="09:00"', page)
    assert re.search(r'name="working_hours-2-from"\s+value=""', page)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_wrong_hours_are_refused_and_the_folded_part_opens(app, admin, office, tasks, headers):
    answer = post(admin, tasks, {**LOST, **HOURS, "working_hours-1-till": "08:00"}, **headers)

    assert answer.status_code == 422
    assert "Monday: the day has to end after it starts." in answer.text
    assert '<details class="disclosure" open>' in answer.text
    assert 'href="#working_hours"' in answer.text
    assert draft(app, office) is None


def test_title_template_is_one_click_away(admin, office, tasks):
    post(admin, tasks, LOST)

    assert f'href="/integrations/{office.id}/setup/templates"' in admin.get(tasks).text
