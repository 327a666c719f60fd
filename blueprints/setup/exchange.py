"""/integrations/<id>/export and /import: the settings document as a file."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration
from blueprints.language import select_locale
from blueprints.setup.blueprint import bp
from blueprints.setup.draft_loss import Loss, render_loss
from blueprints.setup.frame import author
from blueprints.setup.versions import versions_page
from models import Integration, db
from rules.settings_import import read_import
from rules.settings_labels import label
from rules.settings_shape import Problem
from rules.settings_words import sentence
from services.drafts import DraftChanged, published_document, read_draft, replace_draft

PUBLISHED, DRAFT = "published", "draft"


@bp.get("/<int:id>/export")
@admin_only
def export(id: int) -> Response:
    """The settings as a file, as `integrations settings export` prints them; `?which=draft`."""
    integration, session = get_integration(id), db.session()
    version = integration.published_version
    which = request.args.get("which", PUBLISHED if version else DRAFT)
    if which not in (PUBLISHED, DRAFT) or (which == PUBLISHED and not version):
        abort(404)
    if which == PUBLISHED:
        document, name = published_document(session, integration), f"v{version}"
    else:
        document, name = read_draft(session, integration).document, DRAFT
    response = make_response(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = f'attachment; filename="settings-{id}-{name}.json"'
    return response


@bp.post("/<int:id>/import")
@admin_only
def import_settings(id: int) -> Response:
    """Make a document the draft; a broken one changes nothing and is told everything about."""
    integration, content = get_integration(id), _content()
    read = read_import(content)
    if read.document is None:
        return versions_page(
            integration,
            status=422,
            problems=[_told(each) for each in read.problems],
            pasted=request.form.get("document", ""),
        )
    loss = _loss(integration, content)
    if read_draft(db.session(), integration).is_draft and "confirm" not in request.form:
        return render_loss(integration, loss)
    try:
        _replace(integration, read.document)
    except DraftChanged:
        return render_loss(get_integration(id), loss, status=409, is_changed=True)
    draft = read_draft(db.session(), get_integration(id))
    flash(
        _("The document is the draft now. Look through the difference and apply it.")
        if draft.is_draft
        else _("The document says what calls run by already: nothing has changed.")
    )
    response = redirect(url_for("setup.review", id=id), 303)
    assert isinstance(response, Response)
    return response


def _replace(integration: Integration, document: dict[str, Any]) -> None:
    replace_draft(
        db.session(),
        integration.id,
        document,
        author=author(),
        seen=request.form.get("seen"),
    )


def _content() -> bytes:
    """The uploaded file, or else what was pasted."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.read()
    return request.form.get("document", "").encode()


def _told(problem: Problem) -> tuple[str, str, str]:
    """Where in words, where as in the file, and what is wrong."""
    where = label(problem.path, select_locale()) if problem.path else _("The whole document")
    path = "" if where == problem.path else problem.path
    return where, path, sentence(problem, select_locale())


def _loss(integration: Integration, content: bytes) -> Loss:
    return Loss(
        _("Replace the draft by the document?"),
        _("The document is in order. Calls do not change before you apply it."),
        _("Replace the draft"),
        url_for("setup.import_settings", id=integration.id),
        url_for("setup.versions", id=integration.id),
        hidden=(("confirm", "1"), ("document", content.decode("utf-8-sig"))),
    )
