"""The step `templates`: four entities, and an editor for each with a live preview."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from blueprints import words
from blueprints.access import admin_only, get_integration
from blueprints.htmx import wants_partial
from blueprints.kept_forms import restored_fields
from blueprints.language import select_locale
from blueprints.setup.blueprint import bp
from blueprints.setup.frame import author, render_step, saved_message
from blueprints.setup.stale import render_stale
from blueprints.setup.summaries import summarise
from blueprints.setup.templates_step_parts import (
    FILTERS,
    cards,
    error_sentences,
    examples,
    is_own,
    sample_for,
    typed_previews,
    variable_groups,
)
from forms.templates_step import NAMES, TemplateForm
from models import Integration, db
from rules.document import with_values
from rules.field_checks import unfilled
from rules.sample_calls import Example
from rules.settings_checks import problems
from rules.settings_words import sentence
from rules.vocabulary import Entity
from services.choices import read_choices
from services.drafts import Draft, StaleDraft, read_draft, save_values
from services.previews import read_example, recent_calls, regional_of
from services.template_dates import template_dates

STEP = "templates"


@bp.get("/<int:id>/setup/templates")
@admin_only
def templates(id: int) -> Response:
    integration = get_integration(id)
    draft = read_draft(db.session(), integration)
    settings, choices = draft.settings, read_choices(db.session(), integration)
    return render_step(
        integration,
        STEP,
        cards=cards(settings, integration, template_dates(db.session(), integration, draft)),
        names=NAMES,
        summary=summarise(STEP, integration, settings, choices),
    )


@bp.get("/<int:id>/setup/templates/<entity>")
@admin_only
def template(id: int, entity: str) -> Response:
    typed = restored_fields()
    integration, edited = get_integration(id), _entity(entity)
    draft = read_draft(db.session(), integration)
    return _editor(integration, draft, _form(integration, edited, draft, typed))


@bp.post("/<int:id>/setup/templates/<entity>")
@admin_only
def save_template(id: int, entity: str) -> Response:
    integration, edited = get_integration(id), _entity(entity)
    draft = read_draft(db.session(), integration)
    form = _form(integration, edited, draft, request.form)
    if not _is_valid(form, draft):
        return _editor(integration, draft, form, status=422)
    return _save(integration, edited, form.value())


@bp.post("/<int:id>/setup/templates/<entity>/preview")
@admin_only
def preview_template(id: int, entity: str) -> Response | str:
    """The typed texts on the chosen call; nothing is stored. Without JavaScript the whole page."""
    integration, edited = get_integration(id), _entity(entity)
    draft = read_draft(db.session(), integration)
    form = _form(integration, edited, draft, request.form)
    if not wants_partial():
        _is_valid(form, draft)
        return _editor(integration, draft, form)
    return render_template(
        "setup/templates/previews.html",
        form=form,
        previews=typed_previews(form, _example(integration, form)),
        error_sentences=error_sentences,
        locale=select_locale(),
    )


@bp.get("/<int:id>/setup/templates/<entity>/preview")
@admin_only
def preview_address(id: int, entity: str) -> Response:
    """Who comes back to the page that a plain submit of "Show" made."""
    return _to(url_for("setup.template", id=get_integration(id).id, entity=_entity(entity)))


@bp.get("/<int:id>/setup/templates/<entity>/restore")
@admin_only
def ask_restore_template(id: int, entity: str) -> Response:
    """Shows what would be lost, and asks."""
    integration, edited = get_integration(id), _entity(entity)
    draft = read_draft(db.session(), integration)
    if not is_own(draft.settings, edited):
        return _to(url_for("setup.template", id=id, entity=edited))
    own = _form(integration, edited, draft, None)
    example = _example(integration, own)
    standard = TemplateForm(edited, None, locale=integration.locale)
    return render_step(
        integration,
        STEP,
        restoring=edited,
        form=own,
        names=NAMES,
        word=words.word(words.ENTITIES, edited),
        own=typed_previews(own, example),
        standard=typed_previews(standard, example),
        seen=draft.seen([_path(edited)]),
        locale=select_locale(),
    )


@bp.post("/<int:id>/setup/templates/<entity>/restore")
@admin_only
def restore_template(id: int, entity: str) -> Response:
    edited = _entity(entity)
    return _save(get_integration(id), edited, None)


def _save(integration: Integration, entity: Entity, value: dict[str, Any] | None) -> Response:
    try:
        save_values(
            db.session(),
            integration.id,
            {_path(entity): value},
            seen=request.form.get("seen"),
            paths=[_path(entity)],
            author=author(),
            step=STEP,
        )
    except StaleDraft as stale:
        return render_stale(get_integration(integration.id), STEP, stale, request.path)
    flash(saved_message(integration))
    return _to(url_for("setup.templates", id=integration.id))


def _entity(word: str) -> Entity:
    if word not in list(Entity):
        abort(404)
    return Entity(word)


def _path(entity: Entity) -> str:
    return f"templates.{entity}"


def _form(integration: Integration, entity: Entity, draft: Draft, typed: Any) -> TemplateForm:
    stored = draft.document["templates"][entity]
    form = TemplateForm(entity, stored, locale=integration.locale, formdata=typed)
    if typed is None or "sample" not in typed:
        form.sample.data = str(sample_for(entity))
    return form


def _is_valid(form: TemplateForm, draft: Draft) -> bool:
    if not form.validate():
        return False
    document = with_values(draft.document, {_path(form.entity): form.value()})
    locale = select_locale()
    return form.take_problems((each, sentence(each, locale)) for each in problems(document))


def _example(integration: Integration, form: TemplateForm) -> Example:
    ports = current_app.extensions["ports"]
    return read_example(
        db.session(),
        integration,
        str(form.sample.data),
        public_base_url=ports.public_base_url,
        secret_key=ports.secret_key,
    )


def _editor(
    integration: Integration, draft: Draft, form: TemplateForm, *, status: int = 200
) -> Response:
    entity = form.entity
    fields = read_choices(db.session(), integration).fields.get(entity, ())
    return render_step(
        integration,
        STEP,
        status=status,
        form=form,
        word=words.word(words.ENTITIES, entity),
        seen=request.form.get("seen") or draft.seen([_path(entity)]),
        is_stored_own=is_own(draft.settings, entity),
        previews=typed_previews(form, _example(integration, form)),
        error_sentences=error_sentences,
        examples=examples(integration, recent_calls(db.session(), integration.id)),
        groups=variable_groups(),
        filters=FILTERS,
        locale=select_locale(),
        language=_("Russian") if regional_of(integration).locale == "ru" else _("English"),
        unfilled=unfilled(entity, fields, draft.settings),
    )


def _to(address: str) -> Response:
    response = redirect(address, 303)
    assert isinstance(response, Response)
    return response
