"""The step of the employee sync, as page and as partial."""

from __future__ import annotations

import csv
import re

import pytest

from blueprints.setup import users_shown
from models import CrmUserRow, EmployeeRow, Integration, SyncItem, SyncRun, UserMapping, db
from tests.pages import HTMX, NOON, csrf_token

STEP = "/integrations/{}/setup/users"
RUN = STEP + "/runs/{}"


@pytest.fixture(params=[{}, HTMX], ids=["page", "partial"])
def headers(request):
    return request.param


@pytest.fixture
def connected(app, office):
    """An office with the keys of both sides, one user without an employee, and two to choose."""
    with app.app_context():
        integration = db.session.get_one(Integration, office.id)
        integration.access_token_sealed = "sealed"
        integration.crm_read_at = integration.pbx_read_at = NOON
        for number, name in ((103, "Free Employee"), (104, "<b>Bold</b>")):
            db.session.add(
                EmployeeRow(integration_id=office.id, employee_id=str(number), full_name=name)
            )
        db.session.add(
            CrmUserRow(integration_id=office.id, user_id="u_30", name="New Person", email="n@x.io")
        )
        db.session.commit()
    return office


def plant_run(app, integration_id, *, items=(), **columns):
    """A run that stands in the database; items as (user, result, reason, more)."""
    with app.app_context():
        values = {"state": "done", "phase": "write", "origin": "button", "author": "Boss"}
        moments = dict.fromkeys(("created_at", "started_at", "finished_at"), NOON)
        run = SyncRun(integration_id=integration_id, **{**values, **moments, **columns})
        db.session.add(run)
        db.session.flush()
        for position, (user, result, reason, more) in enumerate(items, start=1):
            item = {"name": f"Name of {user}", "crm_user_id": user, **more}
            db.session.add(
                SyncItem(
                    run_id=run.id,
                    position=position,
                    result=result,
                    reason=reason,
                    **{"values": {}, "candidates": [], **item},
                )
            )
        db.session.commit()
        return run.id


def post(client, path, headers=None, **data):
    data["csrf_token"] = csrf_token(client, "/integrations")
    return client.post(path, data=data, headers=headers or {})


def rows(app, model):
    with app.app_context():
        found = db.session.scalars(db.select(model)).all()
        db.session.expunge_all()
        return found


CONFLICT = (
    "u_30",
    "conflict",
    "same_name",
    {"name": "New Person", "candidates": ["103"]},
)
RESULTS = [
    ("u_17", "skipped", "matched", {"name": "Beta", "values": {"sign": "email"}}),
    ("u_18", "created", "new", {"name": "Alpha", "employee_id": "102"}),
    ("u_20", "updated", "filled", {"values": {"sign": "pair", "fields": ["email", "phones"]}}),
    CONFLICT,
]


def test_step_says_what_a_sync_would_do(admin, connected, headers):
    answer = admin.get(STEP.format(connected.id), headers=headers)

    assert answer.status_code == 200
    assert ("<html" in answer.text) is (headers == {})
    assert "Found 3 in Behomes, 4 in CallGear;" in re.sub(r"\s+", " ", answer.text)
    assert "1 will be created" in answer.text
    assert "2 employees without an extension or phone will see no pop-ups" in answer.text
    assert "Sync users" in answer.text


def test_step_without_a_key_of_the_pbx_says_what_is_missing(admin, office, headers):
    page = admin.get(STEP.format(office.id), headers=headers).text

    assert "There is no access key of CallGear" in page
    assert re.search(r'<button[^>]*disabled[^>]*id="sync-button"', page)


def test_step_of_a_crm_without_users_says_so(app, admin, connected):
    with app.app_context():
        db.session.execute(db.delete(CrmUserRow))
        db.session.commit()

    page = admin.get(STEP.format(connected.id)).text

    assert "There are no employees in Behomes, or the key does not see them" in page


def test_press_starts_one_run_and_a_second_press_shows_it(app, admin, connected, headers):
    path = f"{STEP.format(connected.id)}/sync"

    first = post(admin, path, headers)
    second = post(admin, path, headers)

    assert (first.status_code, second.status_code) == (303, 303)
    (run,) = rows(app, SyncRun)
    assert (run.state, run.origin, run.is_dry, run.max_changes) == ("queued", "button", False, 5)
    assert run.author
    page = admin.get(STEP.format(connected.id)).text
    assert "A sync is running already: here it is." in page


def test_press_without_a_key_of_the_pbx_is_refused(app, admin, office, headers):
    answer = post(admin, f"{STEP.format(office.id)}/sync", headers)

    assert answer.status_code == 422
    assert "There is no access key of CallGear." in answer.text
    assert rows(app, SyncRun) == []


def test_only_showing_is_a_dry_run(app, admin, connected):
    post(admin, f"{STEP.format(connected.id)}/sync", dry="1")

    (run,) = rows(app, SyncRun)
    assert (run.is_dry, run.max_changes) == (True, None)


def test_what_was_shown_is_what_is_agreed_to(app, admin, connected):
    items = [(f"u_{number}", "created", "new", {}) for number in range(7)]
    shown = plant_run(app, connected.id, items=items, is_dry=True, max_changes=5)

    page = admin.get(STEP.format(connected.id)).text
    post(admin, f"{STEP.format(connected.id)}/sync", agreed=str(shown))

    assert "7 employees would change: nothing is written yet." in page
    assert "Write the changes" in page
    run = max(rows(app, SyncRun), key=lambda run: run.id)
    assert (run.is_dry, run.max_changes) == (False, 7)


def test_running_sync_shows_its_progress_and_asks_again(app, admin, connected, headers):
    plant_run(
        app, connected.id, state="running", finished_at=None, total=24, done=14, lease_token="x"
    )

    page = admin.get(STEP.format(connected.id), headers=headers).text

    assert 'value="14" max="24"' in page
    assert "14 of 24" in page
    assert "Writing" in page
    assert 'hx-trigger="every 1s"' in page
    assert '"X-Poll": "1"' in page
    assert "You may leave this page" in page


def test_poll_speaks_at_each_quarter_only(app, admin, connected):
    plant_run(app, connected.id, state="running", finished_at=None, total=24, done=14)
    path = f"{STEP.format(connected.id)}/progress"

    new, told = (admin.get(f"{path}?quarter={n}", headers=HTMX).text for n in (25, 50))

    assert "50 % done" in new
    assert "% done" not in told


def test_poll_of_a_finished_sync_shows_the_whole_step(app, admin, connected):
    plant_run(app, connected.id, items=RESULTS)

    answer = admin.get(f"{STEP.format(connected.id)}/progress", headers=HTMX)
    plain = admin.get(f"{STEP.format(connected.id)}/progress")

    assert answer.headers["HX-Retarget"] == "#wizard"
    assert "every 1s" not in answer.text
    assert plain.status_code == 303


def test_stop_ends_a_run_that_nobody_works_on(app, admin, connected, headers):
    run_id = plant_run(app, connected.id, state="queued", finished_at=None)

    answer = post(admin, f"{STEP.format(connected.id)}/stop", headers, run=str(run_id))

    assert answer.status_code == 303
    assert rows(app, SyncRun)[0].state == "stopped"
    assert "Go on where it stopped" in admin.get(STEP.format(connected.id)).text


def test_stop_of_a_run_that_is_not_there_is_404(admin, connected):
    assert post(admin, f"{STEP.format(connected.id)}/stop", run="99").status_code == 404
    assert post(admin, f"{STEP.format(connected.id)}/stop").status_code == 404


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


def test_nightly_switch_acts_at_once(app, admin, connected, headers):
    path = f"{STEP.format(connected.id)}/nightly"

    assert post(admin, path, headers, nightly="1").status_code == 303
    assert rows(app, Integration)[0].nightly_sync
    assert post(admin, path, headers).status_code == 303
    assert not rows(app, Integration)[0].nightly_sync


@pytest.mark.parametrize(
    ("error", "happened"),
    [
        ({"side": "callgear", "code": "invalid_auth"}, "CallGear does not accept the key."),
        ({"side": "behomes", "code": "invalid_auth"}, "Behomes does not accept the key."),
        ({"side": "callgear", "code": "ip_not_allowed"}, "does not let this server"),
        ({"side": "behomes", "code": "forbidden"}, "may not read or change employees"),
        ({"side": "behomes", "code": "cannot_connect"}, "Behomes cannot be reached."),
        ({"side": "callgear", "code": "timeout"}, "CallGear answers too slowly."),
        ({"side": "behomes", "code": "too_slow"}, "Behomes answers too slowly."),
        (
            {"side": "callgear", "code": "points_exhausted", "retry_after": 7200},
            "Try again in 2 h.",
        ),
        ({"side": "callgear", "code": "unexpected_answer"}, "that we do not understand"),
        ({"side": "callgear", "code": "tariff"}, "tariff of CallGear allows no more"),
        ({"side": "server", "code": "crashed"}, "This server made a mistake."),
    ],
)
def test_each_trouble_has_its_own_words(app, admin, connected, error, happened):
    plant_run(app, connected.id, state="aborted", error=error)

    page = admin.get(STEP.format(connected.id)).text

    assert happened in page.replace("&#39;", "'")
    assert "Calls go on as before." in page


def test_past_runs_are_listed_with_author_and_counts(app, admin, connected):
    old = plant_run(app, connected.id, items=RESULTS)
    plant_run(app, connected.id, origin="nightly", author=None)

    page = admin.get(STEP.format(connected.id)).text

    assert f"/setup/users/runs/{old}" in page
    assert "Boss" in page
    assert "by itself, at night" in page


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


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", STEP),
        ("get", STEP + "/progress"),
        ("get", STEP + "/pairs"),
        ("get", STEP + "/runs/1"),
        ("get", STEP + "/runs/1.csv"),
        ("post", STEP + "/sync"),
        ("post", STEP + "/stop"),
        ("post", STEP + "/nightly"),
        ("post", STEP + "/pairs"),
        ("post", STEP + "/runs/1/conflicts"),
    ],
)
def test_strangers_and_employees_are_kept_out(app, office, admin, employee, method, path):
    plant_run(app, office.strange_id)

    def ask(client, integration_id):
        address = path.format(integration_id)
        if method == "get":
            return client.get(address).status_code
        return post(client, address).status_code

    assert ask(admin, office.strange_id) == 404
    assert ask(employee, office.id) == 403


def test_run_of_another_integration_is_404(app, admin, connected):
    strange = plant_run(app, connected.strange_id)

    assert admin.get(RUN.format(connected.id, strange)).status_code == 404


@pytest.mark.parametrize(
    ("items", "columns", "why"),
    [
        pytest.param([CONFLICT], {}, "there are conflicts", id="conflicts"),
        pytest.param(
            [("u_30", "created", "new", {})],
            {"is_dry": True, "max_changes": 5, "origin": "nightly"},
            "changes wait for your word",
            id="night-that-would-change-much",
        ),
        pytest.param([], {"state": "aborted", "error": {}}, "was broken off", id="aborted"),
    ],
)
def test_step_list_says_what_needs_attention(app, admin, connected, items, columns, why):
    plant_run(app, connected.id, items=items, **columns)

    page = admin.get(f"/integrations/{connected.id}/setup").text

    assert why in page
