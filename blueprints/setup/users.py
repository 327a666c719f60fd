"""The step of the employee sync: start, watch, stop, solve conflicts, change pairs."""

from __future__ import annotations

from flask import (
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration
from blueprints.htmx import render, wants_partial
from blueprints.row_ids import row_id
from blueprints.setup import past_syncs, users_shown
from blueprints.setup.blueprint import bp
from blueprints.setup.frame import author, render_step
from jobs.queue import ring_for_sync
from models import Integration, SyncItem, SyncRun, db
from services import sync_runs, user_pairs
from services.user_pairs import NotThere


@bp.get("/<int:id>/setup/users")
@admin_only
def users(id: int) -> Response:
    return _page(get_integration(id))


@bp.get("/<int:id>/setup/users/progress")
@admin_only
def sync_progress(id: int) -> Response:
    """What changes while a sync runs; when it has ended, the whole step once more."""
    integration = get_integration(id)
    if not wants_partial():
        return _to_step(id)
    if sync_runs.find_unfinished(db.session(), id) is None:
        response = _page(integration, focus="sync")
        response.headers["HX-Retarget"] = "#wizard"
        response.headers["HX-Reswap"] = "outerHTML"
        return response
    response = make_response(
        render_template(
            "setup/users/polled.html",
            integration=integration,
            spoken=request.args.get("quarter", type=int),
            **_state_of_sync(integration),
        )
    )
    response.vary.add("HX-Request")
    return response


@bp.post("/<int:id>/setup/users/sync")
@admin_only
def start_sync(id: int) -> Response:
    """Start a sync, or show the one under way. `agreed` is the run whose list was agreed to."""
    integration = get_integration(id)
    is_dry = request.form.get("dry") == "1"
    try:
        started = sync_runs.start(
            db.session(),
            integration.id,
            origin="button",
            author=author(),
            is_dry=is_dry,
            max_changes=None if is_dry else _agreed_changes(integration),
        )
    except sync_runs.NoPbx:
        return _page(integration, error="not_configured", status=422)
    ring_for_sync(current_app.extensions["redis_url"], started.run_id)
    if not started.is_new:
        flash(_("A sync is running already: here it is."))
    return _to_step(id, focus="sync")


@bp.post("/<int:id>/setup/users/stop")
@admin_only
def stop_sync(id: int) -> Response:
    run = _run(get_integration(id), request.form.get("run", default=0, type=row_id))
    sync_runs.stop(db.session(), run.id)
    return _to_step(id, focus="sync")


@bp.post("/<int:id>/setup/users/nightly")
@admin_only
def switch_nightly(id: int) -> Response:
    get_integration(id)
    is_on = request.form.get("nightly") == "1"
    user_pairs.set_nightly(db.session(), id, is_on=is_on)
    flash(_("Employees are synced every night.") if is_on else _("The nightly sync is off."))
    return _to_step(id)


@bp.get("/<int:id>/setup/users/runs/<int:run_id>")
@admin_only
def sync_run(id: int, run_id: int) -> Response:
    integration = get_integration(id)
    return render(
        "setup/users/run.html",
        "setup/users/result.html",
        integration=integration,
        shown=_shown(integration, _run(integration, run_id)),
        columns=users_shown.COLUMNS,
    )


@bp.get("/<int:id>/setup/users/runs/<int:run_id>.csv")
@admin_only
def sync_run_csv(id: int, run_id: int) -> Response:
    integration = get_integration(id)
    shown = _shown(integration, _run(integration, run_id), page=0)
    response = make_response(past_syncs.as_csv(shown))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="sync-{run_id}.csv"'
    return response


@bp.post("/<int:id>/setup/users/runs/<int:run_id>/conflicts")
@admin_only
def solve_conflict(id: int, run_id: int) -> Response:
    """A conflict's answer: this employee, or nobody. The row is shown anew, or the step."""
    integration = get_integration(id)
    run = _run(integration, run_id)
    user_id = request.form.get("user", "")
    error = _answer(integration, user_id)
    if not wants_partial():
        if error:
            return _page(integration, error=error, status=422)
        return _to_step(id, focus="sync")
    item = _item(run, user_id)
    response = make_response(
        render_template(
            "setup/users/solved.html",
            integration=integration,
            line=users_shown.show_line(integration, run, item, _sentence(error)),
            shown=_shown(integration, run),
        ),
        422 if error else 200,
    )
    response.vary.add("HX-Request")
    return response


@bp.get("/<int:id>/setup/users/pairs")
@admin_only
def pairs(id: int) -> Response:
    """Who is linked with whom; `change` is the user whose form is open."""
    integration = get_integration(id)
    if not wants_partial():
        return _page(integration, focus="people")
    response = make_response(
        render_template(
            "setup/users/people.html", integration=integration, **_people(integration, "people")
        )
    )
    response.vary.add("HX-Request")
    return response


@bp.post("/<int:id>/setup/users/pairs")
@admin_only
def change_pair(id: int) -> Response:
    """Change who is who, from the list of people."""
    integration = get_integration(id)
    error = _answer(integration, request.form.get("user", ""))
    if error:
        return _page(integration, error=error, focus="people", status=422)
    flash(_("Changed. It counts for calls from now on."))
    return _to_step(id, focus="people")


def _answer(integration: Integration, user_id: str) -> str:
    """Do what the form says; the code of what is wrong with it, or an empty text."""
    session, employee_id = db.session(), request.form.get("employee", "")
    try:
        match request.form.get("do", "pair"):
            case "apart":
                user_pairs.keep_apart(session, integration.id, user_id)
            case "match":
                user_pairs.let_match(session, integration.id, user_id)
            case "pair" if not employee_id:
                return "not_chosen"
            case "pair":
                user_pairs.pair(session, integration.id, user_id, employee_id)
            case _other:
                abort(400)
    except NotThere:
        session.rollback()
        return "not_there"
    return ""


def _sentence(error: str) -> str:
    match error:
        case "not_chosen":
            return _("Choose an employee first.")
        case "not_there":
            return _("This user or employee is no longer there. Sync again and look.")
        case "not_configured":
            return _("There is no access key of CallGear. Enter it on the step “Authorisation”.")
    return ""


def _agreed_changes(integration: Integration) -> int:
    """How many employees may change unasked: five, or as many as the list showed."""
    agreed = request.form.get("agreed", type=row_id)
    run = sync_runs.find_run(db.session(), integration.id, agreed) if agreed else None
    if run is None or not run.is_dry:
        return sync_runs.SHOWN_FIRST
    counts = sync_runs.count_results(db.session(), [run.id]).get(run.id, {})
    return max(sync_runs.SHOWN_FIRST, counts.get("created", 0) + counts.get("updated", 0))


def _page(
    integration: Integration, *, error: str = "", focus: str = "", status: int = 200
) -> Response:
    focus = focus or request.args.get("focus", "")
    return render_step(
        integration,
        "users",
        status=status,
        error=_sentence(error),
        past=past_syncs.past_runs(integration.id),
        **_people(integration, focus),
        **_state_of_sync(integration),
    )


def _people(integration: Integration, focus: str) -> dict[str, object]:
    """Everybody, when the list is open; the employees to choose from only for the one whose form
    is open."""
    known: dict[str, object] = {"focus": focus, "change": None, "people": None, "slice": None}
    known["linked"] = user_pairs.count_pairs(db.session(), integration.id)
    if focus != "people":
        return known
    everybody = user_pairs.people(db.session(), integration.id)
    part = users_shown.slice_of(len(everybody), _page_number())
    known |= {"people": part.of(everybody), "slice": part}
    if change := request.values.get("change") or request.form.get("user"):
        names = users_shown.names_of(integration.id)
        known |= {"change": change, "options": users_shown.options(integration.id, names)}
    return known


def _state_of_sync(integration: Integration) -> dict[str, object]:
    """What the changing part of the step needs: the newest run, or what a first one would do."""
    run = users_shown.newest_run(integration.id)
    shown = _shown(integration, run) if run else None
    is_quiet = shown is None or not shown.is_running
    return {
        "shown": shown,
        "columns": users_shown.COLUMNS,
        "preview": user_pairs.preview(db.session(), integration) if is_quiet else None,
        "silent": user_pairs.count_silent(db.session(), integration.id),
    }


def _shown(integration: Integration, run: SyncRun, page: int | None = None) -> users_shown.RunShown:
    result, sort = request.args.get("result", ""), request.args.get("sort", "")
    number = _page_number() if page is None else page
    return users_shown.show_run(integration, run, result=result, sort=sort, page=number)


def _page_number() -> int:
    return max(1, request.args.get("page", 1, type=int))


def _run(integration: Integration, run_id: int) -> SyncRun:
    run = sync_runs.find_run(db.session(), integration.id, run_id)
    if run is None:
        abort(404)
    return run


def _item(run: SyncRun, user_id: str) -> SyncItem:
    items = sync_runs.items_of(db.session(), run.id)
    found = next((item for item in items if item.crm_user_id == user_id), None)
    if found is None:
        abort(404)
    return found


def _to_step(id: int, *, focus: str | None = None) -> Response:
    """`focus` is the part of the step to which the reader is led: sync or people."""
    response = redirect(url_for("setup.users", id=id, focus=focus), 303)
    assert isinstance(response, Response)
    return response
