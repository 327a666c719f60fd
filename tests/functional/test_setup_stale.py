"""Two admins change the same step: both versions in words, and either can be kept."""

from __future__ import annotations

import re

import pytest

from models import Integration, db
from tests.pages import HTMX
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


@pytest.fixture
def before(admin, tasks) -> str:
    """What a page knew that was opened before the other admin saved 20 minutes."""
    known = seen(admin, tasks)
    post(admin, tasks, {**TASKS, "seen": known})
    return known


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_both_versions_stand_side_by_side_in_words(admin, tasks, before, headers):
    mine = {**TASKS, "tasks__lost_incoming__due_minutes": "45", "seen": before}

    page = post(admin, tasks, mine, **headers)

    assert page.status_code == 409
    assert "Lost incoming call: task due, minutes" in page.text
    assert ">45 min</td>" in page.text and ">20 min</td>" in page.text
    assert "admin@example.com saved other values" in page.text
    assert ("<html" in page.text) is (not headers)


def test_mine_are_sent_again_as_they_were_typed(app, admin, office, tasks, before):
    mine = {**TASKS, "tasks__lost_incoming__due_minutes": "45", "seen": before}
    page = post(admin, tasks, mine, **HTMX).text

    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    answer = admin.post(tasks, data=hidden_as_form(hidden))

    assert answer.status_code == 303
    assert draft(app, office)["tasks"]["lost_incoming"]["due_minutes"] == 45
    assert [name for name, _ in hidden].count("csrf_token") == 1


def hidden_as_form(pairs):
    form = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def test_theirs_are_taken_by_a_link(admin, tasks, before):
    page = post(
        admin, tasks, {**TASKS, "tasks__lost_incoming__due_minutes": "45", "seen": before}
    ).text

    assert re.search(rf'<a href="{tasks}"[^>]*>\s*Take theirs', page)


def test_a_third_change_is_told_again(app, admin, office, tasks, before):
    mine = {**TASKS, "tasks__lost_incoming__due_minutes": "45"}
    page = post(admin, tasks, {**mine, "seen": before}).text
    again = re.search(r'name="seen" value="([0-9a-f]+)"', page).group(1)
    post(admin, tasks, {**TASKS, "tasks__lost_incoming__due_minutes": "30"})

    assert post(admin, tasks, {**mine, "seen": again}).status_code == 409
    assert draft(app, office)["tasks"]["lost_incoming"]["due_minutes"] == 30


def test_hostile_values_stay_text(app, admin, office):
    funnels = f"/integrations/{office.id}/setup/funnels"
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        row.crm_read_at = row.created_at
        row.draft_author = "<script>alert(1)</script>"
        db.session.commit()
    known = seen(admin, funnels)
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        row.draft = {"responsible": {"incoming_user_id": "<i>u</i>"}}
        row.draft_saved_at = row.created_at
        db.session.commit()

    page = post(admin, funnels, {"responsible__incoming_user_id": "u_17", "seen": known}).text

    assert "&lt;i&gt;u&lt;/i&gt;" in page and "&lt;script&gt;" in page
    assert "<i>u" not in page and "<script>alert" not in page
