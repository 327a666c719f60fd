"""Call history: the list, and one call with its "why"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from blueprints.access import get_integration, protect
from blueprints.call_filters import PERIODS, Filters, filter_values, filter_words, read_filter
from blueprints.call_lines import call_line, lines_by_day
from blueprints.call_rights import NOBODY, only_of, read_names
from blueprints.htmx import render, unchanged, wants_partial
from blueprints.reasons import is_told
from blueprints.recording_addresses import show_recordings
from blueprints.recording_words import NO_CONNECTION, NO_RIGHT, RECORDING_STATES
from models import CallSession, Integration, RecordingAccess, db
from rules.reasons import Code
from services import find_calls
from services.call_clients import find_clients
from services.call_json import NOT_BY_RULES
from services.call_legs import find_timeline
from services.integrations import database_now
from services.recording_accesses import list_accesses
from services.recording_copies import find_copies

bp = Blueprint("calls", __name__)
protect(bp)

# Filters that are folded away while none of them is used.
MORE = {"from", "till", "employee", "number", "client", "line", "created"}


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
        **_shown_with(integration, page.rows, now),
        more_open=bool(filter_values(wanted).keys() & MORE),
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
    names, now = read_names(id), database_now(db.session())
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
        timeline=find_timeline(db.session(), integration, story, now),
        accesses=_accesses(integration, story.call),
        **_shown_with(integration, [story.call], now),
    )


def _shown_with(
    integration: Integration, calls: Sequence[CallSession], now: datetime
) -> dict[str, Any]:
    """What stands beside calls: their clients, their recordings, the words of the player."""
    copies = find_copies(db.session(), [call.id for call in calls])
    return {
        "clients": find_clients(db.session(), integration, calls),
        "recordings": {call.id: show_recordings(call, integration, copies, now) for call in calls},
        "recording_states": RECORDING_STATES,
        "no_right": NO_RIGHT,
        "no_connection": NO_CONNECTION,
    }


def _accesses(integration: Integration, call: CallSession) -> Sequence[RecordingAccess]:
    """Who listened is the admins' to know."""
    if not current_user.is_admin or not call.facts.get("recordings"):
        return ()
    return list_accesses(db.session(), integration.id, call.call_session_id)


def _page_number(text: str) -> int:
    return min(max(int(text), 1), 10_000)
