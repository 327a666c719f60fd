"""The step `funnels` while it is being filled in: stages of another funnel, lists read again."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from blueprints.access import admin_only, get_integration
from blueprints.htmx import unchanged, wants_partial
from blueprints.setup.blueprint import bp
from blueprints.setup.document_steps import as_typed, document_step, make_form, show_form
from blueprints.setup.funnels_parts import CrmLists, crm_lists, funnels_extras
from forms.document import DocumentForm
from models import Integration, db
from rules.choices import Choices
from services.choices import read_choices
from services.drafts import Draft, read_draft
from services.lists import ask_again


@bp.route("/<int:id>/setup/<slug>/stages", methods=["GET", "POST"])
@admin_only
def stages(id: int, slug: str) -> Response:
    """The stages of the funnel that is chosen on the page, for any step that asks for both. As a
    page (POST) it keeps all that was typed; nothing is stored."""
    integration, opened = get_integration(id), document_step(slug)
    draft = read_draft(db.session(), integration)
    choices = read_choices(db.session(), integration)
    form = make_form(opened, draft, request.values, choices)
    if "funnels.pipeline_id" not in form.paths():
        abort(404)
    if wants_partial():
        return _partial("stage_field", integration, form, draft, choices, step=opened)
    if request.method == "POST":
        return show_form(integration, opened, form, draft, choices)
    return _back(id, slug)


@bp.post("/<int:id>/setup/funnels/lists")
@admin_only
def funnel_lists(id: int) -> Response:
    """The lists as soon as they were read, or what keeps them; until then nothing changes. What is
    chosen on the page is kept."""
    integration = get_integration(id)
    choices = read_choices(db.session(), integration)
    since = request.args.get("since", type=int) or 0
    lists = crm_lists(integration, choices, since=since)
    if lists.stamp != request.args.get("read", ""):
        lists = replace(lists, since=None)
    elif lists.is_waiting:
        return unchanged()
    return _lists(integration, choices, lists)


@bp.post("/<int:id>/setup/funnels/refresh")
@admin_only
def refresh_funnels(id: int) -> Response:
    """Have the lists read again, behind the page."""
    integration = get_integration(id)
    ask_again(db.session(), integration.id)
    choices = read_choices(db.session(), integration)
    if wants_partial():
        since = int(time.time())
        return _lists(integration, choices, crm_lists(integration, choices, since=since))
    flash(_("The lists are being read again. It takes a few seconds: press “Refresh” once more."))
    draft, opened = read_draft(db.session(), integration), document_step("funnels")
    form = make_form(opened, draft, request.form, choices)
    return show_form(integration, opened, form, draft, choices)


def _lists(integration: Integration, choices: Choices, lists: CrmLists) -> Response:
    draft, opened = read_draft(db.session(), integration), document_step("funnels")
    form = make_form(opened, draft, request.form, choices)
    return _partial("crm_lists", integration, form, draft, choices, step=opened, lists=lists)


def _partial(
    name: str,
    integration: Integration,
    form: DocumentForm,
    draft: Draft,
    choices: Choices,
    **more: Any,
) -> Response:
    extras = funnels_extras(integration, as_typed(form, draft), choices)
    context = {**extras, "integration": integration, "form": form, "choices": choices, **more}
    response = make_response(render_template(f"setup/partials/{name}.html", **context))
    response.vary.add("HX-Request")
    return response


def _back(id: int, slug: str) -> Response:
    response = redirect(url_for("setup.step", id=id, slug=slug))
    assert isinstance(response, Response)
    return response
