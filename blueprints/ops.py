"""/healthz, /readyz, /metrics: is it alive, can it work, how much does it do."""

from __future__ import annotations

import hmac
import json
from typing import Any

from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST

from blueprints.metrics_text import metrics_text
from models import db
from services.health import readiness

bp = Blueprint("ops", __name__)

LOOPBACK = ("127.0.0.1", "::1")


@bp.get("/healthz")
def alive() -> Response:
    return _json(200, {"status": "alive"})


@bp.get("/readyz")
def ready() -> Response:
    """200 if database, migrations, broker and workers are all there, else 503 and what is not;
    upkeep and live are named too, but calls and notifications go on without them for a while."""
    found = readiness(db.engine, current_app.extensions["redis_url"])
    return _json(200 if found["ready"] else 503, found)


@bp.get("/metrics")
def metrics() -> Response:
    if not _may_read_metrics():
        abort(404)
    extensions = current_app.extensions
    folder = str(extensions["config"].instance_dir)
    text = metrics_text(db.engine, extensions["redis_url"], folder)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics() -> bool:
    """From this machine, or with the token made from the secret key."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = current_app.extensions["metrics_token"]
    is_local = request.remote_addr in LOOPBACK and "X-Forwarded-For" not in request.headers
    return is_local or hmac.compare_digest(given.encode(), token.encode())


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
