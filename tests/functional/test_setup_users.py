"""The step of the employee sync, as page and as partial."""

from __future__ import annotations

import re

import pytest

from models import CrmUserRow, Integration, SyncRun, db
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
