"""What a sync found, person by person: conflicts solved, pairs made and taken apart, the CSV."""

from __future__ import annotations

import csv
import re

import pytest

from blueprints.setup import users_shown
from models import CrmUserRow, UserMapping
from tests.functional.planted_sync import (
    CONFLICT,
    RESULTS,
    RUN,
    STEP,
    connected,
    headers,
    plant_run,
    post,
    rows,
)
from tests.pages import HTMX

__all__ = ["connected", "headers"]


def test_result_shows_everybody_with_the_reason(app, admin, connected, headers):
    run_id = plant_run(app, connected.id, items=RESULTS)

    page = admin.get(RUN.format(connected.id, run_id), headers=headers).text

    assert "Recognised by the e-mail." in page
    assert "E-mail and phone added." in page
    assert "CallGear has an employee of this name with other contacts." in page
    for label in ("Created", "Updated", "Unchanged", "Conflicts"):
        assert f'{label} <b class="figure">1</b>' in page
    assert ("<html" in page) is (headers == {})


def names(page):
    return re.findall(r'<th scope="row"\s+class="main-cell"\s*>([^<]*)</th>', page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["New Person", "Alpha", "Name of u_20", "Beta"], id="conflicts-first"),
        pytest.param("result=created", ["Alpha"], id="filter"),
        pytest.param("sort=name", ["Alpha", "Beta", "Name of u_20", "New Person"], id="sorted"),
        pytest.param(
            "sort=-name", ["New Person", "Name of u_20", "Beta", "Alpha"], id="other-way-round"
        ),
        pytest.param("result=x&sort=y", ["New Person", "Alpha", "Name of u_20", "Beta"], id="x"),
    ],
)
def test_result_is_filtered_and_sorted_by_links(app, admin, connected, query, found):
    run_id = plant_run(app, connected.id, items=RESULTS)

    page = admin.get(f"{RUN.format(connected.id, run_id)}?{query}").text

    assert names(page) == found


def test_sorted_column_says_so(app, admin, connected):
    run_id = plant_run(app, connected.id, items=RESULTS)

    page = admin.get(f"{RUN.format(connected.id, run_id)}?sort=-name").text

    assert page.count("aria-sort") == 1
    assert 'aria-sort="descending"' in page


def test_conflict_is_solved_in_its_row(app, admin, connected):
    run_id = plant_run(app, connected.id, items=RESULTS)
    path = f"{RUN.format(connected.id, run_id)}/conflicts"

    answer = post(admin, path, HTMX, user="u_30", employee="103", do="pair")

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<tbody")
    assert "Linked by hand." in answer.text
    assert 'Conflicts <b class="figure">0</b>' in answer.text
    pairs = {pair.crm_user_id: pair.employee_id for pair in rows(app, UserMapping)}
    assert pairs["u_30"] == "103"


def test_conflict_is_solved_without_javascript(app, admin, connected):
    run_id = plant_run(app, connected.id, items=RESULTS)
    path = f"{RUN.format(connected.id, run_id)}/conflicts"

    answer = post(admin, path, user="u_30", do="apart")

    assert answer.status_code == 303
    (user,) = [row for row in rows(app, CrmUserRow) if row.user_id == "u_30"]
    assert user.kept_apart
    assert (
        "You decided that no employee belongs to this user."
        in admin.get(STEP.format(connected.id)).text
    )


@pytest.mark.parametrize(
    ("employee", "told"),
    [
        pytest.param("", "Choose an employee first.", id="nobody-chosen"),
        pytest.param("999", "This user or employee is no longer there.", id="not-there"),
    ],
)
def test_answer_that_cannot_be_is_422(app, admin, connected, headers, employee, told):
    run_id = plant_run(app, connected.id, items=RESULTS)
    path = f"{RUN.format(connected.id, run_id)}/conflicts"

    answer = post(admin, path, headers, user="u_30", employee=employee, do="pair")

    assert answer.status_code == 422
    assert told in answer.text
    assert "u_30" not in {pair.crm_user_id for pair in rows(app, UserMapping)}


def test_pair_is_changed_by_hand_and_the_earlier_ones_are_taken_apart(app, admin, connected):
    path = f"{STEP.format(connected.id)}/pairs"

    answer = post(admin, path, user="u_17", employee="102", do="pair")

    assert answer.status_code == 303
    assert [(p.crm_user_id, p.employee_id) for p in rows(app, UserMapping)] == [("u_17", "102")]


def test_form_of_one_person_is_open_at_a_time(admin, connected, headers):
    page = admin.get(f"{STEP.format(connected.id)}/pairs?change=u_17", headers=headers).text

    assert ("<html" in page) is (headers == {})
    assert page.count('id="pair-employee"') == 1
    assert "Agent Two (linked with Agent Two)" in page
    assert 'id="pair-employee"' not in admin.get(STEP.format(connected.id)).text


def test_long_lists_come_in_pages(app, admin, connected, headers):
    items = [(f"u_{number}", "created", "new", {}) for number in range(60)]
    run_id = plant_run(app, connected.id, items=items)
    path = RUN.format(connected.id, run_id)

    pages = [admin.get(f"{path}?page={n}", headers=headers).text for n in (1, 2, 99)]

    assert [len(names(page)) for page in pages] == [50, 10, 10]
    assert "51–60 of 60" in pages[1]
    assert f'href="{path}?page=2"' in pages[0]


def test_list_of_people_is_opened_by_its_link(admin, connected, headers):
    closed = admin.get(STEP.format(connected.id), headers=headers).text
    opened = admin.get(f"{STEP.format(connected.id)}/pairs", headers=headers).text

    assert "Who is linked with whom: 2" in closed
    assert 'class="person"' not in closed
    assert opened.count('class="person"') == 3


def test_many_conflicts_offer_only_those_who_fit(app, admin, connected, monkeypatch):
    monkeypatch.setattr(users_shown, "MANY_OPTIONS", 3)
    run_id = plant_run(app, connected.id, items=[CONFLICT])

    page = admin.get(RUN.format(connected.id, run_id)).text

    assert re.findall(r'<option value="(\d+)"', page) == ["103"]


@pytest.mark.parametrize("do", ["apart", "match"])
def test_pair_is_taken_apart_and_given_back_to_the_sync(app, admin, connected, do):
    path = f"{STEP.format(connected.id)}/pairs"

    post(admin, path, user="u_17", do="apart")
    post(admin, path, user="u_17", do=do)

    (user,) = [row for row in rows(app, CrmUserRow) if row.user_id == "u_17"]
    assert user.kept_apart is (do == "apart")
    assert "u_17" not in {pair.crm_user_id for pair in rows(app, UserMapping)}


def test_pair_with_nobody_is_422(admin, connected, headers):
    path = f"{STEP.format(connected.id)}/pairs"

    assert post(admin, path, headers, user="u_99", employee="102").status_code == 422
    assert post(admin, path, headers, user="u_17", do="nonsense").status_code == 400


def test_hostile_names_stay_text(app, admin, connected):
    evil = {"name": "<script>x</script>", "email": "{{7*7}}", "candidates": ["104"]}
    run_id = plant_run(app, connected.id, items=[("u_30", "conflict", "same_name", evil)])

    page = admin.get(RUN.format(connected.id, run_id)).text

    assert "<script>x" not in page
    assert "<b>Bold</b>" not in page
    assert "{{7*7}}" in page


def test_csv_has_no_formulas(app, admin, connected):
    evil = {"name": '=HYPERLINK("x"),=1', "phone": "+971501112233", "email": "@x"}
    run_id = plant_run(app, connected.id, items=[("u_1", "created", "new", evil)])

    answer = admin.get(f"{RUN.format(connected.id, run_id)}.csv")

    assert answer.mimetype == "text/csv"
    cells = answer.text.splitlines()[1].split(";")
    assert cells[:3] == ['"\'=HYPERLINK(""x""),=1"', '"\'@x"', '"\'+971501112233"']


def test_csv_has_no_formulas_where_commas_part_the_cells(app, admin, connected):
    evil = {"name": "Worker,=HYPERLINK(1),x"}
    run_id = plant_run(app, connected.id, items=[("u_1", "created", "new", evil)])

    text = admin.get(f"{RUN.format(connected.id, run_id)}.csv").text

    cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
    assert [cell for cell in cells if cell.startswith("=")] == []
