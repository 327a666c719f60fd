"""The step `fields`: which facts of a call go into which additional fields of the CRM."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from blueprints import words
from blueprints.access import admin_only, get_integration
from blueprints.htmx import wants_partial
from blueprints.kept_forms import restored_fields
from blueprints.setup.blueprint import bp
from blueprints.setup.fields_step_edit import PATH, Edited, Told, press
from blueprints.setup.fields_step_parts import (
    example_row,
    missing_names,
    parameter_groups,
    row_name,
    target_choices,
)
from blueprints.setup.fields_step_summary import ENTITIES
from blueprints.setup.frame import author, render_step, saved_message
from blueprints.setup.funnels_parts import crm_lists
from blueprints.setup.stale import render_stale
from blueprints.setup.summaries import summarise
from forms.fields_step import stored_row, typed_rows
from forms.wizard import find_step
from models import db
from rules.field_rows import rows_of
from rules.settings_checks import problems
from rules.vocabulary import Entity
from services.choices import read_choices
from services.drafts import StaleDraft, read_draft, save_values
from services.integrations import known_references

STEP = "fields"


@bp.get("/<int:id>/setup/fields")
@admin_only
def fields_home(id: int) -> Response:
    """The first entity with something to mend; else with rows; else the client."""
    integration = get_integration(id)
    rows = read_draft(db.session(), integration).document[PATH]
    found = problems({PATH: rows}, known_references(db.session(), integration))
    wrong = [each.path.split(".")[1] for each in found if each.path.startswith(f"{PATH}.")]
    places = [int(place) for place in wrong if place.isdecimal()]
    used = [row["entity"] for row in rows]
    shown = [used[place] for place in places] or used or [Entity.CLIENT]
    opened: Response = fields(id, str(shown[0]))
    return opened


@bp.get("/<int:id>/setup/fields/<entity>")
@admin_only
def fields(id: int, entity: str) -> Response:
    address = url_for("setup.fields", id=id, entity=entity)
    typed = restored_fields(address) or restored_fields(f"{address}/rows")
    return _page(_edited(id, entity, typed))


@bp.post("/<int:id>/setup/fields/<entity>")
@admin_only
def save_fields(id: int, entity: str) -> Response:
    edited = _edited(id, entity, request.form)
    if edited.row_list().has_errors:
        return _page(edited, status=422)
    integration = edited.integration
    try:
        save_values(
            db.session(),
            integration.id,
            {PATH: edited.merged.rows},
            seen=request.form.get("seen"),
            paths=[PATH],
            author=author(),
            step=STEP,
        )
    except StaleDraft as stale:
        return render_stale(get_integration(id), STEP, stale, request.path)
    flash(saved_message(integration))
    response = redirect(url_for("setup.fields", id=id, entity=entity), 303)
    assert isinstance(response, Response)
    return response


@bp.post("/<int:id>/setup/fields/<entity>/rows")
@admin_only
def change_rows(id: int, entity: str) -> Response | str:
    """One press on a button of the rows: the page with the rows changed; nothing is stored."""
    edited = _edited(id, entity, request.form)
    told = press(edited, request.form.get("do", ""))
    if not wants_partial():
        return _page(edited, told, is_final=False)
    return render_template("setup/fields/rows.html", **_context(edited, told, is_final=False))


@bp.get("/<int:id>/setup/fields/<entity>/rows")
@admin_only
def rows_address(id: int, entity: str) -> Response:
    """Who comes back to the page that a plain press made."""
    edited = _edited(id, entity, None)
    response = redirect(url_for("setup.fields", id=id, entity=edited.entity), 303)
    assert isinstance(response, Response)
    return response


@bp.post("/<int:id>/setup/fields/<entity>/rows/new")
@admin_only
def add_row(id: int, entity: str) -> str:
    """One more row, to be put after the others."""
    edited = _edited(id, entity, request.form)
    told = press(edited, "add")
    context = _context(edited, told, is_final=False)
    return render_template("setup/fields/new_row.html", line=context["rows"].lines[-1], **context)


@bp.post("/<int:id>/setup/fields/<entity>/notes")
@admin_only
def row_notes(id: int, entity: str) -> str:
    """Types, examples and notes for what is chosen now, each into its place."""
    edited = _edited(id, entity, request.form)
    return render_template("setup/fields/notes.html", **_context(edited, Told(), is_final=False))


@bp.post("/<int:id>/setup/fields/summary")
@admin_only
def fields_summary(id: int) -> str:
    """The card of what will happen, for the rows on the page; nothing is stored."""
    edited = _edited(id, request.form.get("entity", ""), request.form)
    return render_template("setup/partials/summary.html", **_context(edited, Told()))


def _edited(id: int, entity: str, typed: MultiDict[str, str] | None) -> Edited:
    if entity not in ENTITIES:
        abort(404)
    integration = get_integration(id)
    draft = read_draft(db.session(), integration)
    stored = rows_of(draft.document[PATH], Entity(entity))
    rows = [stored_row(row) for row in stored] if typed is None else typed_rows(typed)
    choices = read_choices(db.session(), integration)
    return Edited(integration, Entity(entity), draft, choices, rows)


def _page(
    edited: Edited, told: Told | None = None, *, status: int = 200, is_final: bool = True
) -> Response:
    context = _context(edited, told or Told(), is_final=is_final)
    integration, card = context.pop("integration"), context.pop("summary")
    context.pop("step")
    return render_step(
        integration,
        STEP,
        status=status,
        summary=None,
        card=card,
        is_refused=status == 422,
        **context,
    )


def _context(edited: Edited, told: Told, *, is_final: bool = True) -> dict[str, Any]:
    """`is_final`: what is not filled in yet is wrong; not while rows are being put up."""
    rows = edited.row_list(told.answers, is_final=is_final)
    return {
        "integration": edited.integration,
        "step": find_step(STEP),
        "entity": edited.entity,
        "entities": [(each, words.word(words.ENTITIES, each).label) for each in ENTITIES],
        "counts": {each: len(rows_of(edited.draft.document[PATH], each)) for each in ENTITIES},
        "rows": rows,
        "said": told,
        "fields": edited.fields,
        "parameters": parameter_groups(),
        "target_choices": target_choices,
        "row_name": row_name,
        "missing_names": missing_names,
        "example": example_row(),
        "lists": crm_lists(edited.integration, edited.choices),
        "seen": request.form.get("seen") or edited.draft.seen([PATH]),
        "summary": summarise(STEP, edited.integration, edited.settings, edited.choices),
    }
