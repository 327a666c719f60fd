"""POST /api/v1/events: the CRM tells what has changed. Kept before the answer, handled after it."""

from __future__ import annotations

from flask import Blueprint, Response

from blueprints.api_access import (
    ApiError,
    answer,
    api_integration_id,
    invalid,
    keyed,
    read_json,
)
from models import db
from services.crm_events import store
from services.event_checks import missing, read_event

bp = Blueprint("api_events", __name__, url_prefix="/api/v1")
keyed(bp)


@bp.post("/events")
def take_event() -> Response:
    """Keep one event. Told again under the same id it is known already, whatever it says then."""
    body = read_json()
    if lacking := missing(body):
        raise invalid(*lacking)
    event, problems = read_event(body)
    if event is None:
        told = [{"path": path, "code": "invalid", "message": text} for path, text in problems]
        raise ApiError(422, "invalid_event", "The event does not say what it must.", fields=told)
    is_new = store(db.engine, api_integration_id(), event)
    return answer(200, {"event_id": event.event_id, "status": "accepted" if is_new else "known"})
