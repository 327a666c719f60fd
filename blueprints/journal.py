"""The event journal: every notification and what became of it, refused entries, other books."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from blueprints.access import admin_only, get_integration, protect
from blueprints.htmx import render, unchanged, wants_partial
from blueprints.journal_books import book_lines
from blueprints.journal_lines import (
    STATE_WORDS,
    chips,
    event_words,
    journal_line,
    lines_by_day,
    period_words,
    query_of,
    read_filter,
    unreadable,
)
from blueprints.journal_story import masked, masked_text, moments, write_words
from blueprints.reasons import Names
from blueprints.row_ids import LARGEST
from models import CrmWrite, Integration, Notification, db
from rules.journal_states import fields_of, way_out
from rules.retention import days_of
from services import find_calls, journal_counts, journal_others
from services.find_calls import CallStory
from services.find_notifications import (
    JournalRow,
    count_since,
    find_notification,
    find_notifications,
    newest_id,
)
from services.integrations import database_now
from services.replay_runs import find_running

bp = Blueprint("journal", __name__)
protect(bp)


@bp.get("/integrations/<int:id>/journal")
@admin_only
def index(id: int) -> Response:
    integration, wanted, names = get_integration(id), read_filter(request.args), names_of(id)
    before = request.args.get("before", "")
    page = find_notifications(db.session(), id, wanted, before)
    response = render(
        "journal/index.html",
        "journal/partials/list.html",
        integration=integration,
        wanted=wanted,
        page=page,
        days=lines_by_day(page.rows, integration, names),
        chips=chips(integration, wanted, names),
        query=query_of(wanted),
        state_words=STATE_WORDS,
        period_words=period_words(),
        employees=sorted(names.employees.items(), key=lambda one: one[1]),
        is_first_page=not before,
        is_ever=bool(page.newest),
        kept_days=days_of(integration.kept_days),
        run=find_running(db.session(), id),
        **_live(integration, page.newest),
    )
    if wants_partial():
        own: dict[str, Any] = {"before": before} if before else {}
        address = url_for("journal.index", id=id, **query_of(wanted), **own)
        response.headers["HX-Push-Url"] = address
    return response


@bp.get("/integrations/<int:id>/journal/live")
@admin_only
def live(id: int) -> Response | Answer:
    """The counters, and how many notifications came after the one that the reader saw last."""
    integration, wanted = get_integration(id), read_filter(request.args)
    newest = min(max(request.args.get("newest", 0, type=int), 0), LARGEST)
    context = _live(integration, newest)
    if wants_partial() and request.args.get("seen") == context["seen"]:
        return unchanged()
    if not wants_partial():
        return redirect(url_for("journal.index", id=id, **query_of(wanted)))
    return render(
        "journal/partials/live.html",
        "journal/partials/live.html",
        integration=integration,
        query=query_of(wanted),
        wanted=wanted,
        **context,
    )


@bp.get("/integrations/<int:id>/journal/<int:notification_id>")
@admin_only
def show(id: int, notification_id: int) -> Response:
    integration = get_integration(id)
    told = find_notification(db.session(), id, notification_id)
    if told is None:
        abort(404)
    names = names_of(id)
    story = _story_of(id, told)
    row = JournalRow(told, story.call if story else None, 0)
    return render(
        "journal/show.html",
        "journal/partials/story.html",
        integration=integration,
        told=told,
        what=event_words(told),
        line=journal_line(row, integration, names),
        story=story,
        moments=moments(told, story, names),
        members=masked(told.members),
        raw=masked_text(told.raw) if told.raw else None,
        wrong=unreadable(told.error) if told.error else None,
    )


@bp.get("/integrations/<int:id>/journal/set-aside")
@admin_only
def set_aside(id: int) -> Response:
    integration = get_integration(id)
    found = journal_counts.find_set_aside(db.session(), id)
    return render(
        "journal/set_aside.html",
        "journal/partials/set_aside.html",
        integration=integration,
        entries=[(each, write_words(each.write), _mending(id, each.write)) for each in found],
        fields_of=fields_of,
    )


@bp.get("/integrations/<int:id>/journal/manager", endpoint="manager")
@bp.get("/integrations/<int:id>/journal/crm-events", endpoint="crm_events")
@bp.get("/integrations/<int:id>/journal/clicks", endpoint="clicks")
@admin_only
def book(id: int) -> Response:
    integration = get_integration(id)
    name = request.path.rpartition("/")[2]
    days = read_filter(request.args).days
    before = request.args.get("before", "")
    page = journal_others.read_book(db.session(), id, name, days=days, before=before)
    return render(
        "journal/book.html",
        "journal/partials/book.html",
        integration=integration,
        name=name,
        page=page,
        lines=book_lines(name, page.rows, integration, names_of(id)),
        wanted_days=days,
        period_words=period_words(),
    )


def names_of(integration_id: int) -> Names:
    return Names(
        employees=find_calls.employee_names(integration_id),
        users=find_calls.user_names(integration_id),
    )


def _story_of(integration_id: int, told: Notification) -> CallStory | None:
    if not (told.session_row_id and told.call_session_id):
        return None
    return find_calls.find_call(integration_id, told.call_session_id)


def _mending(integration_id: int, write: CrmWrite) -> tuple[str, str]:
    """Where a refused entry is mended: the words of the link and its address."""
    slug = way_out(write.kind, write.error)
    if not slug:
        return "", ""
    return slug, url_for("setup.step", id=integration_id, slug=slug)


def _live(integration: Integration, newest: int) -> dict[str, Any]:
    zone = ZoneInfo(integration.timezone)
    now = database_now(db.session())
    midnight = datetime.combine(now.astimezone(zone).date(), datetime.min.time(), zone)
    counts = journal_counts.count(db.session(), integration.id, midnight)
    wanted = read_filter(request.args)
    has_new = newest_id(db.session(), integration.id) > newest
    fresh = count_since(db.session(), integration.id, wanted, newest) if has_new else 0
    is_live = request.args.get("live") != "0"
    seen = "-".join(
        str(part) for part in (counts.received, counts.unread, counts.failed, counts.waiting, fresh)
    )
    return {
        "counts": counts,
        "fresh": fresh,
        "newest": newest,
        "is_live": is_live,
        "seen": seen,
    }
