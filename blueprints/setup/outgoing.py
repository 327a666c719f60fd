"""Copy the rules of incoming calls into the step `outgoing`, as a proposal."""

from __future__ import annotations

from flask import Response, request
from werkzeug.datastructures import MultiDict

from blueprints.access import admin_only, get_integration
from blueprints.setup.blueprint import bp
from blueprints.setup.document_steps import document_step, make_form, show_form
from forms.document import name_of
from models import db
from rules.incoming_to_outgoing import Copied, copy_rules
from services.choices import read_choices
from services.drafts import read_draft


@bp.post("/<int:id>/setup/outgoing/copy")
@admin_only
def copy_incoming(id: int) -> Response:
    """The step with the comparable values filled in; everything else as typed; nothing stored."""
    integration, opened = get_integration(id), document_step("outgoing")
    draft = read_draft(db.session(), integration)
    choices = read_choices(db.session(), integration)
    copied = copy_rules(draft.document)
    form = make_form(opened, draft, _filled(request.form, copied), choices)
    return show_form(integration, opened, form, draft, choices, copied=copied)


def _filled(typed: MultiDict[str, str], copied: Copied) -> MultiDict[str, str]:
    """What was typed, with the copied values in their places; an unticked box is left out."""
    filled = MultiDict(typed)
    for path, value in copied.values.items():
        name = name_of(path)
        filled.poplist(name)
        if value is True:
            filled.add(name, "1")
        elif value is not False:
            filled.add(name, str(value))
    return filled
