"""The home of the set-up: the steps as a task list, and what the integration can do."""

from __future__ import annotations

from flask import Response, url_for
from flask_babel import gettext as _

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
        beside=_beside(integration.id),
    )


def _beside(id: int) -> list[tuple[str, str, str]]:
    """What is no step but belongs to the set-up: label, what it is for, address."""
    return [
        (
            _("Try a call"),
            _("see what a call would create and why; nothing is written"),
            url_for("try_call.show", id=id),
        ),
        (
            _("Rehearse on past calls"),
            _("what the draft would have changed in the last days"),
            url_for("rehearse.show", id=id),
        ),
        (
            _("Versions of the settings"),
            _("who changed what and when; return, export, import"),
            url_for("setup.versions", id=id),
        ),
        (
            _("People with access"),
            _("who may log in, invitations, roles"),
            url_for("people.index", id=id),
        ),
        (
            _("Recordings"),
            _("how long CallGear keeps them, copies of our own"),
            url_for("recording_settings.show", id=id),
        ),
        (
            _("Pop-ups inside Behomes"),
            _("one line in the page of the CRM: call cards and one-click calls there"),
            url_for("embed.settings", id=id),
        ),
        (
            _("Personal data"),
            _("what we hold about a number, export and erase it; how long data is kept"),
            url_for("privacy.show", id=id),
        ),
        (
            _("Who changed what"),
            _("every change of settings, keys, people and data"),
            url_for("change_log.of_integration", id=id),
        ),
        (
            _("Integrations"),
            _("add, pause or delete one"),
            url_for("integrations.index"),
        ),
    ]
