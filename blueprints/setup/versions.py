"""/integrations/<id>/versions: what was published when and by whom, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration
from blueprints.htmx import render
from blueprints.setup.blueprint import bp
from blueprints.setup.differences import Changed, differences
from blueprints.setup.draft_loss import Loss, render_loss
from blueprints.setup.frame import author
from blueprints.setup.review_sections import values_of
from blueprints.setup.spoken import Speaker
from forms.wizard import STEPS
from models import Integration, SettingsVersion, db
from rules.choices import Choices
from services.choices import read_choices
from services.drafts import Draft, DraftChanged, read_draft, replace_draft
from services.find_versions import Version, VersionPage, find_version, find_versions


@dataclass(frozen=True)
class VersionLine:
    """One version of the list; `changes` against the version before it."""

    row: SettingsVersion
    changes: list[Changed]
    is_current: bool


@bp.get("/<int:id>/versions")
@admin_only
def versions(id: int) -> Response:
    return versions_page(get_integration(id))


@bp.get("/<int:id>/versions/<int:number>")
@admin_only
def version(id: int, number: int) -> Response:
    integration = get_integration(id)
    found, choices = _version(id, number), read_choices(db.session(), integration)
    speaker = Speaker.of(choices, found.document)
    parts = [(step, values_of(step, found.document, speaker)) for step in STEPS if step.owns]
    return render(
        "setup/version.html",
        "setup/partials/version.html",
        integration=integration,
        line=_line(integration, found, choices),
        document=found.document,
        parts=parts,
        draft=read_draft(db.session(), integration),
    )


@bp.get("/<int:id>/versions/<int:number>/restore")
@admin_only
def restore(id: int, number: int) -> Response:
    """What would be lost by bringing this version back."""
    integration = get_integration(id)
    return render_loss(integration, _loss(_version(id, number), integration))


@bp.post("/<int:id>/versions/<int:number>/restore")
@admin_only
def restore_now(id: int, number: int) -> Response:
    """Make this version the draft; asks first if there is another one."""
    integration, found = get_integration(id), _version(id, number)
    loss, is_asked = _loss(found, integration), "confirm" in request.form
    if read_draft(db.session(), integration).is_draft and not is_asked:
        return render_loss(integration, loss, status=422)
    try:
        replace_draft(
            db.session(),
            integration.id,
            found.document,
            author=author(),
            seen=request.form.get("seen"),
        )
    except DraftChanged:
        return render_loss(get_integration(id), loss, status=409, is_changed=True)
    flash(_brought_back(number, read_draft(db.session(), get_integration(id))))
    response = redirect(url_for("setup.review", id=id), 303)
    assert isinstance(response, Response)
    return response


def versions_page(integration: Integration, *, status: int = 200, **context: Any) -> Response:
    """The list, with export and import; `problems` and `pasted` belong to a refused import."""
    session = db.session()
    page = find_versions(session, integration.id, page=request.args.get("page", 1, int))
    choices = read_choices(session, integration)
    return render(
        "setup/versions.html",
        "setup/partials/versions.html",
        status=status,
        integration=integration,
        page=page,
        lines=[_line(integration, each, choices) for each in page.versions],
        draft=read_draft(session, integration),
        newer=_page_url(integration, page, page.number - 1),
        older=_page_url(integration, page, page.number + 1),
        **{"problems": [], "pasted": "", **context},
    )


def _line(integration: Integration, found: Version, choices: Choices) -> VersionLine:
    changes = differences(integration.id, found.before, found.document, choices)
    is_current = found.row.number == integration.published_version
    return VersionLine(found.row, changes, is_current)


def _version(id: int, number: int) -> Version:
    found = find_version(db.session(), id, number)
    if found is None:
        abort(404)
    return found


def _loss(found: Version, integration: Integration) -> Loss:
    number = found.row.number
    return Loss(
        _("Return to version %(number)s?", number=number),
        _("The draft is replaced by this version. Calls do not change before you apply it."),
        _("Return to this version"),
        url_for("setup.restore", id=integration.id, number=number),
        url_for("setup.versions", id=integration.id),
        hidden=(("confirm", "1"),),
    )


def _brought_back(number: int, draft: Draft) -> str:
    if not draft.is_draft:
        return _("Version %(number)s is what calls run by already.", number=number)
    return _(
        "Version %(number)s is the draft now. Look through the difference and apply it.",
        number=number,
    )


def _page_url(integration: Integration, page: VersionPage, number: int) -> str:
    if not 1 <= number <= page.pages:
        return ""
    return url_for("setup.versions", id=integration.id, page=number)
