"""Replay: one call or a filter, as decided or with today's settings; giving an entry up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from blueprints import words
from blueprints.access import admin_only, get_integration, protect
from blueprints.call_lines import call_line
from blueprints.htmx import leave, render, unchanged, wants_partial
from blueprints.journal import names_of
from blueprints.journal_lines import chips, period, query_of, read_filter
from blueprints.reasons import is_told, sentence
from models import CallSession, Integration, db
from rules.audit import Change
from rules.journal_plan import COMPLETE, LEAVE_OUT, MAKE, STAY
from rules.journal_states import AS_DECIDED, MODES, TODAY
from rules.plan_story import reasons_of
from rules.settings import load
from rules.vocabulary import Entity
from services import call_json, replay, replay_runs
from services.audit_log import record
from services.drafts import published_document
from services.journal_plan import plan_call_anew, plan_many_anew

bp = Blueprint("journal_replay", __name__)
protect(bp)

OUTLOOKS = {
    MAKE: _l("will be created"),
    COMPLETE: _l("is there already: it is completed, not created again"),
    STAY: _l("stays as it is: nothing is taken away"),
    LEAVE_OUT: _l("was never created and is not wanted any more: it is left out"),
}


@bp.get("/integrations/<int:id>/journal/calls/<call_session_id>/replay")
@admin_only
def call(id: int, call_session_id: str) -> Response:
    return _call_page(get_integration(id), _find_call(id, call_session_id))


@bp.post("/integrations/<int:id>/journal/calls/<call_session_id>/replay")
@admin_only
def replay_call(id: int, call_session_id: str) -> Response:
    integration, found = get_integration(id), _find_call(id, call_session_id)
    mode = request.form.get("mode", "")
    problem = _problem(integration, found, mode)
    if problem:
        return _call_page(integration, found, problem=problem, status=422)
    connection = db.session.connection()
    if mode == AS_DECIDED:
        replay.replay_as_decided(connection, id, [found.id])
    else:
        replay.decide_anew(connection, id, [found.id], by=current_user.email)
    record(connection, Change.CALL_REPLAYED, id, call=call_session_id, mode=mode)
    db.session.commit()
    current_app.extensions["ringer"].ring()
    flash(_("The call is being carried out again."))
    return leave(url_for("calls.show", id=id, call_session_id=call_session_id))


@bp.post("/integrations/<int:id>/journal/writes/<int:write_id>/skip")
@admin_only
def skip(id: int, write_id: int) -> Response:
    get_integration(id)
    done = replay.skip_write(db.session.connection(), id, write_id, by=current_user.email)
    db.session.commit()
    if done:
        current_app.extensions["ringer"].ring()
        flash(_("The entry was given up. The call is not held up by it any more."))
    else:
        flash(_("This entry is not set aside any more: nothing was changed."), "error")
    return leave(url_for("journal.set_aside", id=id))


@bp.get("/integrations/<int:id>/journal/replay")
@admin_only
def many(id: int) -> Response | Answer:
    integration = get_integration(id)
    running = replay_runs.find_running(db.session(), id)
    if running is not None:
        return redirect(url_for("journal_replay.run", id=id, run_id=running.id))
    return _many_page(integration, _mode(request.args.get("mode")))


@bp.post("/integrations/<int:id>/journal/replay")
@admin_only
def start(id: int) -> Response:
    integration, mode = get_integration(id), request.form.get("mode", "")
    wanted = read_filter(request.form)
    if mode not in MODES:
        return _many_page(integration, AS_DECIDED, problem=NO_MODE, status=422)
    if mode == TODAY and not integration.published_version:
        return _many_page(integration, mode, problem=NOT_PUBLISHED, status=422)
    run = replay_runs.start(db.session(), id, wanted, mode, author=current_user.email)
    if run is None:
        return _many_page(integration, mode, problem=NOTHING_FITS, status=422)
    return leave(url_for("journal_replay.run", id=id, run_id=run.id))


@bp.get("/integrations/<int:id>/journal/replay/<int:run_id>")
@admin_only
def run(id: int, run_id: int) -> Response:
    integration = get_integration(id)
    found = replay_runs.find_run(db.session(), id, run_id)
    if found is None:
        abort(404)
    unfinished = replay_runs.count_unfinished(db.session(), found)
    seen = f"{found.state}-{found.done}-{unfinished}"
    if wants_partial() and request.args.get("seen") == seen:
        return unchanged()
    return render(
        "journal/run.html",
        "journal/partials/run.html",
        integration=integration,
        run=found,
        unfinished=unfinished,
        seen=seen,
        finished=max(0, found.done - unfinished),
    )


@bp.post("/integrations/<int:id>/journal/replay/<int:run_id>/stop")
@admin_only
def stop(id: int, run_id: int) -> Response:
    get_integration(id)
    if replay_runs.find_run(db.session(), id, run_id) is None:
        abort(404)
    replay_runs.stop(db.session(), id, run_id)
    return leave(url_for("journal_replay.run", id=id, run_id=run_id))


NO_MODE = _l("Choose how the calls are to be carried out again.")
NOT_PUBLISHED = _l("The integration is not turned on yet: there are no settings to decide with.")
NOTHING_FITS = _l("No call fits: nothing was started.")
GOING_ON = _l("The call is still going on: it can be decided anew after its end.")
NOT_FAILED = _l("Nothing of this call is set aside: there is nothing to send again.")


def _problem(integration: Integration, call: CallSession, mode: str) -> Any:
    """Why this cannot be done, or None."""
    if mode not in MODES:
        return NO_MODE
    if mode == AS_DECIDED:
        return None if call.state == "failed" else NOT_FAILED
    if not integration.published_version:
        return NOT_PUBLISHED
    return None if call.ended_at else GOING_ON


def _call_page(
    integration: Integration, call: CallSession, *, problem: Any = None, status: int = 200
) -> Response:
    names = names_of(integration.id)
    plan = None
    if integration.published_version and call.ended_at:
        settings = load(published_document(db.session(), integration))
        plan = plan_call_anew(db.session(), integration, settings, call)
    verdict = plan.verdict if plan else None
    reasons = [*reasons_of(verdict.contact)] if verdict else []
    reasons += list(verdict.task.reasons) if verdict and verdict.task else []
    return render(
        "journal/replay.html",
        "journal/partials/replay.html",
        status=status,
        integration=integration,
        call=call,
        line=call_line(call, integration, names),
        plan=plan,
        outlooks=[
            (words.ENTITIES[each.entity], OUTLOOKS[each.what], each.what)
            for each in (plan.outlooks if plan else ())
        ],
        why=[sentence(r.code, r.values, names) for r in reasons if is_told(r.code, r.values)],
        problem=problem,
        problems={mode: _problem(integration, call, mode) for mode in MODES},
    )


def _many_page(
    integration: Integration, mode: str, *, problem: Any = None, status: int = 200
) -> Response:
    wanted = read_filter(request.values)
    ids = replay_runs.find_wanted(db.session(), integration.id, wanted, mode)
    plan = None
    if mode == TODAY and integration.published_version and ids:
        settings = load(published_document(db.session(), integration))
        plan = plan_many_anew(db.session(), integration, settings, ids)
    return render(
        "journal/many.html",
        "journal/partials/many.html",
        status=status,
        integration=integration,
        mode=mode,
        wanted=wanted,
        query=query_of(wanted),
        chips=[(period(wanted.days), ""), *chips(integration, wanted, names_of(integration.id))],
        count=len(ids),
        most=replay_runs.MOST_CALLS,
        at_once=replay_runs.AT_ONCE,
        plan=plan,
        entities=[(words.ENTITIES[e], plan.new[e]) for e in Entity] if plan else [],
        problem=problem,
    )


def _mode(text: str | None) -> str:
    return text if text in MODES else AS_DECIDED


def _find_call(integration_id: int, call_session_id: str) -> CallSession:
    found = call_json.find_session(db.session(), integration_id, call_session_id)
    if found is None:
        abort(404)
    return found
