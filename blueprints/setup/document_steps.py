"""Every step whose form stands in `forms.wizard.STEPS`: show, save, check a field, tell what it
means."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from pydantic import ValidationError

from blueprints.access import admin_only, get_integration
from blueprints.kept_forms import restored_fields
from blueprints.language import select_locale
from blueprints.setup.blueprint import bp
from blueprints.setup.extras import extras_of
from blueprints.setup.frame import author, render_step, saved_message
from blueprints.setup.stale import render_stale
from blueprints.setup.summaries import summarise
from forms.document import DocumentForm
from forms.wizard import Step, find_step
from models import Integration, db
from rules.choices import Choices
from rules.document import with_values
from rules.settings import Settings, load
from rules.settings_checks import problems
from rules.settings_words import sentence
from services.choices import read_choices
from services.drafts import Draft, StaleDraft, read_draft, save_values
from services.integrations import known_references


@bp.get("/<int:id>/setup/<slug>")
@admin_only
def step(id: int, slug: str) -> Response:
    typed = restored_fields()
    integration, opened = get_integration(id), document_step(slug)
    draft = read_draft(db.session(), integration)
    choices = read_choices(db.session(), integration)
    form = make_form(opened, draft, typed, choices)
    form.take_problems(_problems(integration, draft.document))
    return show_form(integration, opened, form, draft, choices)


@bp.post("/<int:id>/setup/<slug>")
@admin_only
def save(id: int, slug: str) -> Response:
    integration, opened = get_integration(id), document_step(slug)
    draft = read_draft(db.session(), integration)
    choices = read_choices(db.session(), integration)
    form = make_form(opened, draft, request.form, choices)
    if not _is_valid(form, integration, draft):
        return show_form(integration, opened, form, draft, choices, status=422)
    try:
        save_values(
            db.session(),
            integration.id,
            form.values(),
            seen=request.form.get("seen"),
            paths=form.paths(),
            author=author(),
            step=slug,
        )
    except StaleDraft as stale:
        return render_stale(get_integration(id), slug, stale)
    flash(saved_message(integration))
    response = redirect(url_for("setup.step", id=id, slug=slug), 303)
    assert isinstance(response, Response)
    return response


@bp.route("/<int:id>/setup/<slug>/summary", methods=["GET", "POST"])
@admin_only
def summary(id: int, slug: str) -> str:
    """What will happen with the values on the page, wherever it is told; nothing is stored."""
    integration, opened = get_integration(id), document_step(slug)
    draft = read_draft(db.session(), integration)
    choices = read_choices(db.session(), integration)
    typed = request.form if request.method == "POST" else None
    settings = as_typed(make_form(opened, draft, typed, choices), draft)
    return render_template(
        "setup/partials/summary_reply.html",
        integration=integration,
        step=opened,
        summary=summarise(slug, integration, settings, choices),
        **extras_of(slug, integration, settings, choices),
    )


@bp.post("/<int:id>/setup/<slug>/validate")
@admin_only
def validate(id: int, slug: str) -> Response:
    """What is wrong with one field (`?field=`, its id), as the content of its error line."""
    integration, opened = get_integration(id), document_step(slug)
    draft = read_draft(db.session(), integration)
    form = make_form(opened, draft, request.form, read_choices(db.session(), integration))
    _is_valid(form, integration, draft)
    field = next((each for each in form if each.id == request.args.get("field")), None)
    if field is None:
        abort(404)
    response = make_response(
        render_template("setup/partials/field_notes.html", errors=field.errors)
    )
    response.headers["HX-Push-Url"] = "false"  # the form's own answers do move the address
    return response


def document_step(slug: str) -> Step:
    found = find_step(slug)
    if found is None or found.form_class is None:
        abort(404)
    return found


def make_form(opened: Step, draft: Draft, typed: Any, choices: Choices) -> DocumentForm:
    assert opened.form_class is not None
    return opened.form_class(draft.document, formdata=typed, choices=choices)


def _is_valid(form: DocumentForm, integration: Integration, draft: Draft) -> bool:
    """Check what was typed, alone and as a part of the whole document."""
    is_typed_well = form.validate()
    if not is_typed_well:
        return False
    return form.take_problems(_problems(integration, with_values(draft.document, form.values())))


def _problems(integration: Integration, document: dict[str, Any]) -> list[tuple[Any, str]]:
    found = problems(document, known_references(db.session(), integration))
    return [(problem, sentence(problem, select_locale())) for problem in found]


def as_typed(form: DocumentForm, draft: Draft) -> Settings:
    """The settings as they stand on the page; what cannot be read stays as it was."""
    try:
        return load(with_values(draft.document, form.values()))
    except ValidationError:
        return draft.settings


def show_form(
    integration: Integration,
    opened: Step,
    form: DocumentForm,
    draft: Draft,
    choices: Choices,
    *,
    status: int = 200,
    **context: Any,
) -> Response:
    settings = as_typed(form, draft)
    return render_step(
        integration,
        opened.slug,
        status=status,
        form=form,
        choices=choices,
        seen=request.form.get("seen") or draft.seen(form.paths()),
        summary=summarise(opened.slug, integration, settings, choices),
        **extras_of(opened.slug, integration, settings, choices) | context,
    )
