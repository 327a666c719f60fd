"""Call history: the list, and one call with its "why"."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from blueprints.access import get_integration, protect
from blueprints.call_filters import PERIODS, Filters, filter_words, read_filter
from blueprints.call_lines import call_line, lines_by_day
from blueprints.htmx import render, unchanged, wants_partial
from blueprints.reasons import Names, is_told
from blueprints.recording_addresses import recording_addresses
from models import db
from rules.reasons import Code
from services import find_calls
from services.call_json import NOT_BY_RULES
from services.integrations import database_now

bp = Blueprint("calls", __name__)
protect(bp)

NOBODY = ""  # matches no employee: a login that is joined to nobody sees no calls


@bp.get("/integrations/<int:id>/calls")
def index(id: int) -> Response:
    integration = get_integration(id)
    employee_id, names = only_of(id), read_names(id)
    now = database_now(db.session())
    wanted = read_filter(request.args, zone=integration.timezone, now=now, employee_id=employee_id)
    filters = Filters(integration, wanted, names)
    page = find_calls.find_calls(id, wanted, request.args.get("page", 1, type=_page_number))
    if wants_partial() and request.args.get("seen") == page.seen:
        return unchanged()
    response = render(
        "calls/index.html",
        "calls/partials/list.html",
        integration=integration,
        wanted=wanted,
        page=page,
        days=lines_by_day(page.rows, integration, names),
        filters=filters,
        periods=PERIODS,
        filter_words=filter_words(),
        lines=find_calls.virtual_numbers(id),
        is_live=page.number == 1 and request.args.get("live") != "0",
        is_joined=employee_id != NOBODY,
    )
    if wants_partial() and "seen" not in request.args:
        response.headers["HX-Push-Url"] = filters.address(page=page.number)
    return response


@bp.get("/integrations/<int:id>/calls/<call_session_id>")
def show(id: int, call_session_id: str) -> Response:
    integration = get_integration(id)
    story = find_calls.find_call(id, call_session_id, employee_id=only_of(id))
    if story is None:
        abort(404)
    if wants_partial() and request.args.get("seen") == story.seen:
        return unchanged()
    names = read_names(id)
    return render(
        "calls/show.html",
        "calls/partials/story.html",
        integration=integration,
        story=story,
        line=call_line(story.call, integration, names),
        names=names,
        decisions=[row for row in story.decisions if row.rule not in NOT_BY_RULES],
        story_trace=[row for row in story.trace if is_told(row.code, row.values)],
        requests=[row.values for row in story.trace if row.code == Code.CRM_REQUEST],
        recordings=recording_addresses(story.call),
    )


def read_names(integration_id: int) -> Names:
    return Names(
        employees=find_calls.employee_names(integration_id),
        users=find_calls.user_names(integration_id),
    )


def only_of(integration_id: int) -> str | None:
    """An employee sees his own calls, an admin all."""
    if current_user.is_admin:
        return None
    return (
        find_calls.find_own_employee_id(integration_id, current_user.login_id, current_user.email)
        or NOBODY
    )


def _page_number(text: str) -> int:
    return min(max(int(text), 1), 10_000)
