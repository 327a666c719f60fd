"""The home of the set-up: the steps as a task list, and what the integration can do."""

from __future__ import annotations

from flask import Response, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.access import admin_only, get_integration
from blueprints.htmx import render
from blueprints.setup.blueprint import bp
from blueprints.setup.features import describe_features
from blueprints.setup.frame import describe

# What is no step but belongs to the set-up: label, what it is for, endpoint.
BESIDE = (
    (
        _l("Try a call"),
        _l("see what a call would create and why; nothing is written"),
        "try_call.show",
    ),
    (
        _l("Rehearse on past calls"),
        _l("what the draft would have changed in the last days"),
        "rehearse.show",
    ),
    (
        _l("Versions of the settings"),
        _l("who changed what and when; return, export, import"),
        "setup.versions",
    ),
    (_l("People with access"), _l("who may log in, invitations, roles"), "people.index"),
    (
        _l("Recordings"),
        _l("how long CallGear keeps them, copies of our own"),
        "recording_settings.show",
    ),
    (
        _l("Pop-ups inside Behomes"),
        _l("one line in the page of the CRM: call cards and one-click calls there"),
        "embed.settings",
    ),
    (
        _l("Personal data"),
        _l("what we hold about a number, export and erase it; how long data is kept"),
        "privacy.show",
    ),
    (
        _l("Who changed what"),
        _l("every change of settings, keys, people and data"),
        "change_log.of_integration",
    ),
)


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
    """The same with addresses, and the way back to all integrations."""
    here = [(str(label), str(text), url_for(endpoint, id=id)) for label, text, endpoint in BESIDE]
    return [
        *here,
        (_("Integrations"), _("add, pause or delete one"), url_for("integrations.index")),
    ]
