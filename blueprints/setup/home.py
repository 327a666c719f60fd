"""The home of the set-up: the steps as a task list, and what the integration can do."""

from __future__ import annotations

from flask import Response

from blueprints.access import admin_only, get_integration
from blueprints.htmx import render
from blueprints.setup.blueprint import bp
from blueprints.setup.features import describe_features
from blueprints.setup.frame import describe


@bp.get("/<int:id>/setup")
@admin_only
def home(id: int) -> Response:
    integration = get_integration(id)
    frame = describe(integration)
    return render(
        "setup/home.html",
        "setup/partials/home.html",
        integration=integration,
        frame=frame,
        features=describe_features(integration, frame),
    )
