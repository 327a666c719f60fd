"""/integrations/<id>/people: who sees the integration, and what each may do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, abort, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.exceptions import NotFound
from wtforms.fields import SelectChoice

from blueprints.access import admin_only, get_integration, protect
from blueprints.access_words import LEVELS, REFUSALS, level_options
from blueprints.htmx import render
from forms.people import CrmUserForm, LevelForm
from models import db
from rules import reach
from rules.reach import Level, Refusal
from services import invitations, members, people, presence
from services.members import Member, NoSuchLogin
from services.people import NoSuchUser, NotAllowed

bp = Blueprint("people", __name__, url_prefix="/integrations/<int:id>/people")
protect(bp)

SAVED = _l("Saved. It counts from the next page that this person opens.")
NO_SUCH_USER = _l("Behomes has no such user any more. Choose another one.")


@bp.errorhandler(NoSuchLogin)
def not_there(error: Exception) -> ResponseReturnValue:
    return current_app.handle_http_exception(NotFound())


@bp.get("")
@admin_only
def index(id: int) -> Response:
    integration = get_integration(id)
    return render(
        "people/index.html",
        "people/partials/people.html",
        integration=integration,
        members=members.list_members(id),
        present={one.login_id: one for one in presence.who_is_there(db.engine, id)},
        waiting=invitations.list_waiting(current_user.login_id, id),
        levels=LEVELS,
    )


@bp.get("/<int:login_id>")
@admin_only
def show(id: int, login_id: int) -> Response:
    get_integration(id)
    return _person_page(id, members.find_member(id, login_id))


@bp.post("/<int:login_id>/level")
@admin_only
def save_level(id: int, login_id: int) -> Response:
    get_integration(id)
    member, form = members.find_member(id, login_id), LevelForm()
    if not form.validate():
        return _person_page(id, member, level_form=form, status=422)
    level = Level(form.level.data)
    return _change(id, login_id, partial(people.set_level, level=level), str(SAVED))


@bp.post("/<int:login_id>/crm-user")
@admin_only
def save_crm_user(id: int, login_id: int) -> Response:
    get_integration(id)
    member, form = members.find_member(id, login_id), CrmUserForm()
    join = partial(people.join_crm_user, user_id=form.crm_user_id.data or None)
    try:
        return _change(id, login_id, join, str(SAVED))
    except NoSuchUser:
        form.crm_user_id.errors = [NO_SUCH_USER]
        return _person_page(id, member, crm_form=form, status=422)


@bp.post("/<int:login_id>/disable")
@admin_only
def disable(id: int, login_id: int) -> Response:
    switch_off = partial(people.set_enabled, enabled=False)
    return _change(id, login_id, switch_off, _("This person can no longer log in."))


@bp.post("/<int:login_id>/enable")
@admin_only
def enable(id: int, login_id: int) -> Response:
    switch_on = partial(people.set_enabled, enabled=True)
    return _change(id, login_id, switch_on, _("This person can log in again."))


@bp.post("/<int:login_id>/second-step/off")
@admin_only
def drop_second_step(id: int, login_id: int) -> Response:
    told = _("The password alone lets this person in again.")
    return _change(id, login_id, people.drop_second_step, told)


@bp.post("/<int:login_id>/remove")
@admin_only
def remove(id: int, login_id: int) -> Response:
    told = _("This person no longer sees this integration.")
    return _change(id, login_id, people.remove, told, back_to="people.index")


def _change(
    id: int,
    login_id: int,
    act: Callable[[int, int, int], None],
    told: str,
    *,
    back_to: str = "people.show",
) -> Response:
    """Let the admin do something to a login, and say what came of it."""
    get_integration(id)
    try:
        act(current_user.login_id, login_id, id)
    except NotAllowed as error:
        if error.refusal is None:
            abort(403)
        flash(str(REFUSALS[error.refusal]), "error")
        back_to = "people.show"
    else:
        flash(told)
    is_list = back_to == "people.index"
    return _go(url_for(back_to, id=id, login_id=None if is_list else login_id))


def _person_page(
    id: int,
    member: Member,
    *,
    level_form: LevelForm | None = None,
    crm_form: CrmUserForm | None = None,
    status: int = 200,
) -> Response:
    """One person: what he may do, which CRM user he is, and how to end his access."""
    me, person = members.reach_of(current_user.login), member.crm_person
    by_email = person is not None and not person.is_chosen
    crm_form = crm_form or CrmUserForm(
        formdata=None, crm_user_id=person.user_id if person and person.is_chosen else ""
    )
    users = members.list_crm_users(id)
    crm_form.crm_user_id.choices = [
        SelectChoice("", _("Not chosen")),
        *(SelectChoice(row.user_id, row.name or row.user_id) for row in users),
    ]
    level = member.reach.level
    return render(
        "people/show.html",
        "people/partials/person.html",
        status=status,
        integration=get_integration(id),
        member=member,
        word=LEVELS[level],
        options=level_options(me),
        level_form=level_form or LevelForm(formdata=None, level=level.value),
        crm_form=None if by_email else crm_form,
        why_not_change=_words(reach.why_not_change(me, member.reach)),
        why_not_remove=_words(reach.why_not_remove(me, member.reach)),
    )


def _words(refusal: Refusal | None) -> LazyString | None:
    return REFUSALS[refusal] if refusal else None


def _go(target: str) -> Response:
    response = redirect(target, 303)
    assert isinstance(response, Response)
    return response
