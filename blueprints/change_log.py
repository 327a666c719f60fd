"""Who changed what: of one integration, and of the whole server for those who see all of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from blueprints.access import admin_only, get_integration, protect, visible_integrations
from blueprints.change_words import AREAS, change_line
from blueprints.htmx import render, wants_partial
from blueprints.row_ids import LARGEST
from models import db
from rules.audit import Area
from rules.retention import CHANGES_DAYS
from services.audit_log import Wanted, find_changes

LONGEST_NAME = 200

bp = Blueprint("change_log", __name__)
protect(bp)


@bp.get("/integrations/<int:id>/changes")
@admin_only
def of_integration(id: int) -> Response:
    integration = get_integration(id)
    return _page("change_log.of_integration", {"id": id}, integration=integration)


@bp.get("/changes")
@admin_only
def of_server() -> Response:
    """Only for admins whom nobody has limited to some integrations."""
    if not current_user.login.integrations:
        titles = {each.id: each.title for each in visible_integrations()}
        return _page("change_log.of_server", {}, integration=None, titles=titles)
    abort(404)


def _page(endpoint: str, place: dict[str, Any], **context: Any) -> Response:
    integration = context["integration"]
    wanted = Wanted(
        integration_id=integration.id if integration else None,
        area=_area(),
        who=request.args.get("who", "").strip()[:LONGEST_NAME],
        before=_before(),
    )
    found = find_changes(db.session(), wanted)
    query = {name: each for name in ("area", "who") if (each := getattr(wanted, name))}
    here = url_for(endpoint, **place)
    response = render(
        "changes/index.html",
        "changes/partials/list.html",
        lines=[change_line(row) for row in found.rows],
        wanted=wanted,
        here=here,
        zone=integration.timezone if integration else "UTC",
        areas=[("", _("Any")), *((str(area), word) for area, word in AREAS.items())],
        older_href=url_for(endpoint, **place, **query, before=found.older) if found.older else "",
        newest_href=url_for(endpoint, **place, **query) if wanted.before else "",
        is_filtered=bool(query),
        years=CHANGES_DAYS // 365,
        sees_all=not current_user.login.integrations,
        **context,
    )
    if wants_partial():
        before: dict[str, Any] = {"before": wanted.before} if wanted.before else {}
        response.headers["HX-Push-Url"] = url_for(endpoint, **place, **query, **before)
    return response


def _area() -> str:
    area = request.args.get("area", "")
    return area if area in set(Area) else ""


def _before() -> int | None:
    before: int | None = request.args.get("before", type=int)
    return before if before is not None and 0 < before <= LARGEST else None
