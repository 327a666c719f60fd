"""/integrations/<id>/setup/review: everything in words before it counts, and the button for it."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration
from blueprints.setup.blueprint import bp
from blueprints.setup.differences import differences
from blueprints.setup.frame import author, describe, render_step
from blueprints.setup.matrix import matrix
from blueprints.setup.review_checks import checks
from blueprints.setup.review_sections import sections
from forms.wizard import REVIEW
from models import Integration, db
from services.choices import read_choices
from services.drafts import DraftChanged, published_document
from services.publish_draft import NotPublishable, publish_draft
from services.setup_state import find_problems


@bp.get("/<int:id>/setup/review")
@admin_only
def review(id: int) -> Response:
    return _page(get_integration(id))


@bp.post("/<int:id>/setup/review")
@admin_only
def apply(id: int) -> Response:
    """Publish the draft that the page showed."""
    integration = get_integration(id)
    is_first = not integration.published_version
    try:
        number = publish_draft(
            db.session(), integration.id, seen=request.form.get("seen"), author=author()
        )
    except NotPublishable:
        return _page(get_integration(id), status=422)
    except DraftChanged as changed:
        return _page(get_integration(id), status=409, changed=changed.current)
    current_app.extensions["ringer"].ring()
    flash(_told(number, is_first=is_first))
    response = redirect(url_for("setup.review", id=id), 303)
    assert isinstance(response, Response)
    return response


def _told(number: int | None, *, is_first: bool) -> str:
    if number is None:
        return _("There was nothing to apply: calls run by these settings already.")
    if is_first:
        return _("The integration is on. Calls run by version %(number)s.", number=number)
    return _("The changes are applied. Calls run by version %(number)s.", number=number)


def _page(integration: Integration, *, status: int = 200, **context: Any) -> Response:
    frame, session = describe(integration, REVIEW.slug), db.session()
    draft, choices = frame.draft, read_choices(session, integration)
    settings = draft.settings
    published = published_document(session, integration)
    found = checks(integration.id, find_problems(session, integration, draft), settings, choices)
    return render_step(
        integration,
        REVIEW.slug,
        status=status,
        seen=draft.seen_whole,
        blocking=[each for each in found if each.is_blocking],
        advised=[each for each in found if not each.is_blocking],
        changes=differences(integration.id, published, draft.document, choices)
        if integration.published_version
        else [],
        rows=matrix(integration.id, settings, choices),
        sections=sections(integration, frame.lines, draft.document, settings, choices),
        is_refused=status == 422,
        base=url_for("setup.home", id=integration.id).removesuffix("/setup"),
        **{"changed": None, **context},
    )
