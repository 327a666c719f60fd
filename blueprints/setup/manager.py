"""Which personal manager a number would get: found as in a call, told in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, abort, current_app, render_template, request
from flask_babel import LazyString, format_timedelta
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.access import admin_only, get_integration
from blueprints.htmx import wants_partial
from blueprints.setup.blueprint import bp
from blueprints.setup.document_steps import as_typed, document_step, make_form, show_form
from blueprints.shown import phone
from models import db
from rules.personal_manager import Why
from rules.settings import PersonalManager
from services.choices import read_choices
from services.drafts import read_draft
from services.manager_office import read_manager_office
from services.personal_manager import FoundManager, Source, Trouble

LONGEST = 40
WHYS: Mapping[Why, LazyString] = {
    Why.MANAGER: _l("%(client)s: the manager is %(manager)s."),
    Why.DEPUTY: _l("%(client)s: the manager is absent, %(manager)s stands in."),
    Why.OFF: _l("Forwarding is off."),
    Why.NO_CLIENT: _l(
        "Behomes has no client with this number: a first contact has no manager yet."
    ),
    Why.NO_RESPONSIBLE: _l("%(client)s has no responsible in Behomes."),
    Why.ABSENT: _l("%(client)s: the manager %(manager)s is absent, and nobody stands in."),
    Why.NO_EMPLOYEE: _l(
        "%(client)s: %(manager)s is not joined to a CallGear employee. Run “User sync”."
    ),
    Why.NO_PHONES: _l("%(client)s: %(manager)s has no active phone in CallGear."),
}
TROUBLES: Mapping[Trouble, LazyString] = {
    Trouble.NO_NUMBER: _l("This does not look like a phone number. Write it like +971 4 000 0001."),
    Trouble.CRM_AWAY: _l("Behomes cannot be reached now."),
    Trouble.CRM_SLOW: _l("Behomes did not answer within 0.7 seconds."),
    Trouble.CRM_BUSY: _l("Behomes takes no more requests at the moment."),
    Trouble.CRM_REFUSED: _l(
        "Behomes refused to look for the client. Check the key on the step “Authorisation”."
    ),
}


@dataclass(frozen=True)
class Shown:
    """`told` is what CallGear would be answered."""

    tone: str
    text: str
    phone: str
    told: str
    milliseconds: int


@bp.post("/<int:id>/setup/incoming/manager")
@admin_only
def check_manager(id: int) -> Response | str:
    """Look a number up by the settings on the page; nothing is stored and nobody is called."""
    integration, opened = get_integration(id), document_step("incoming")
    draft = read_draft(db.session(), integration)
    choices = read_choices(db.session(), integration)
    is_typed = wants_partial()  # then the whole step came along
    form = make_form(opened, draft, request.form if is_typed else None, choices)
    manager = as_typed(form, draft).incoming.personal_manager
    rule = manager.model_copy(update={"enabled": True})
    typed = request.form.get("phone", "").strip()[:LONGEST]
    told = show(_find(id, rule, typed))
    integration = get_integration(id)
    if is_typed:
        return render_template(
            "setup/partials/manager_check.html",
            integration=integration,
            checked_phone=typed,
            found=told,
        )
    return show_form(integration, opened, form, draft, choices, checked_phone=typed, found=told)


def _find(integration_id: int, rule: PersonalManager, typed: str) -> FoundManager:
    """The same service as for the PBX, with the rule on the page; no transaction stays open."""
    extensions = current_app.extensions
    office = read_manager_office(db.session(), integration_id, extensions["ports"], rule=rule)
    db.session.rollback()
    if office is None:
        abort(404)
    found: FoundManager = extensions["manager_desk"].managers.find(office, typed)
    return found


def show(found: FoundManager) -> Shown:
    answer = found.answer
    client = found.client.name or found.client.id if found.client else ""
    words = {"client": client, "manager": found.manager_name or ""}
    why = str(WHYS[answer.why]) % words
    if found.trouble is None:
        text = why
    elif found.source is Source.OLD_INDEX:
        text = f"{TROUBLES[found.trouble]} {_told_earlier(found)} {why}"
    elif found.trouble in (Trouble.NO_NUMBER, Trouble.CRM_REFUSED):
        text = str(TROUBLES[found.trouble])
    else:
        branch = _("In a call the client would go on along the “not found” branch.")
        text = f"{TROUBLES[found.trouble]} {branch}"
    told = (
        ", ".join(phone(each) for each in answer.phones)
        if answer.phones
        else _("code %(code)s: not found", code=answer.returned_code)
    )
    return Shown(
        "ok" if answer.phones else "warn",
        text,
        phone(found.phone.value) if found.phone else "",
        told,
        found.milliseconds,
    )


def _told_earlier(found: FoundManager) -> str:
    ago = format_timedelta(timedelta(seconds=found.age or 0.0), granularity="minute")
    return _("What we know of this number was read %(ago)s ago.", ago=ago)
