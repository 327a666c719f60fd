"""/integrations/<id>/people: who sees the integration, what each may do, and invitations."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, flash, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.exceptions import Forbidden, NotFound
from wtforms.fields import SelectChoice

from blueprints.access import admin_only, get_integration, protect
from blueprints.access_words import LEVEL_HINTS, LEVELS, REFUSALS
from blueprints.htmx import render
from blueprints.kept_forms import restored_fields
from forms.people import CrmUserForm, InviteForm, LevelForm
from rules import reach
from rules.reach import Level
from services import invitations, members, people
from services.invitations import IsThereAlready, MayNotInvite, NoSuchInvitation
from services.members import Member, NoSuchLogin
from services.people import NoSuchUser, NotAllowed

bp = Blueprint("people", __name__, url_prefix="/integrations/<int:id>/people")
protect(bp)

SEES_IT_ALREADY = _l("A person with this e-mail sees this integration already.")
NO_SUCH_USER = _l("Behomes has no such user any more. Choose another one.")


@bp.errorhandler(NoSuchLogin)
@bp.errorhandler(NoSuchInvitation)
def not_there(error: Exception) -> ResponseReturnValue:
    return current_app.handle_http_exception(NotFound())


@bp.errorhandler(MayNotInvite)
def too_much(error: Exception) -> ResponseReturnValue:
    return current_app.handle_http_exception(Forbidden())


@bp.get("")
@admin_only
def index(id: int) -> Response:
    integration = get_integration(id)
    return render(
        "people/index.html",
        "people/partials/people.html",
        integration=integration,
        members=members.list_members(id),
        waiting=invitations.list_waiting(current_user.login_id, id),
        levels=LEVELS,
    )


@bp.get("/invite")
@admin_only
def invite(id: int) -> Response:
    get_integration(id)
    return _invite_page(id, InviteForm(formdata=restored_fields()))


@bp.post("/invite")
@admin_only
def make_invitation(id: int) -> Response:
    get_integration(id)
    form = InviteForm()
    if not form.validate():
        return _invite_page(id, form, status=422)
    level = Level(form.level.data)
    try:
        made = invitations.invite(
            current_user.login_id,
            form.email.data or "",
            name=form.name.data,
            level=level,
            integration_ids=() if level is Level.ALL else (id,),
        )
    except IsThereAlready:
        form.email.errors = [SEES_IT_ALREADY]
        return _invite_page(id, form, status=422)
    return _show_link(id, made)


@bp.get("/invitations/<int:invitation_id>")
@admin_only
def show_invitation(id: int, invitation_id: int) -> Response:
    """The link, once: afterwards only its hash is known."""
    integration = get_integration(id)
    row = invitations.find_waiting(current_user.login_id, id, invitation_id)
    known_id, token = session.pop("invitation", (None, ""))
    base = current_app.extensions["ports"].public_base_url
    path = url_for("invitations.show", token=token) if known_id == invitation_id else ""
    return render(
        "people/invitation.html",
        "people/partials/invitation.html",
        integration=integration,
        invitation=row,
        link=base + path if path else "",
    )


@bp.post("/invitations/<int:invitation_id>/renew")
@admin_only
def renew_invitation(id: int, invitation_id: int) -> Response:
    get_integration(id)
    return _show_link(id, invitations.renew(current_user.login_id, id, invitation_id))


@bp.post("/invitations/<int:invitation_id>/revoke")
@admin_only
def revoke_invitation(id: int, invitation_id: int) -> Response:
    get_integration(id)
    invitations.revoke(current_user.login_id, id, invitation_id)
    flash(_("The invitation is revoked: its link opens nothing any more."))
    return _go(url_for("people.index", id=id))


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
    try:
        people.set_level(current_user.login_id, login_id, id, Level(form.level.data))
    except NotAllowed as error:
        return _refused(id, login_id, error)
    flash(_("Saved. It counts from the next page that this person opens."))
    return _go(url_for("people.show", id=id, login_id=login_id))


@bp.post("/<int:login_id>/crm-user")
@admin_only
def save_crm_user(id: int, login_id: int) -> Response:
    get_integration(id)
    member, form = members.find_member(id, login_id), CrmUserForm()
    try:
        people.join_crm_user(current_user.login_id, login_id, id, form.crm_user_id.data or None)
    except NoSuchUser:
        form.crm_user_id.errors = [NO_SUCH_USER]
        return _person_page(id, member, crm_form=form, status=422)
    except NotAllowed as error:
        return _refused(id, login_id, error)
    flash(_("Saved. It counts from the next page that this person opens."))
    return _go(url_for("people.show", id=id, login_id=login_id))


@bp.post("/<int:login_id>/disable")
@admin_only
def disable(id: int, login_id: int) -> Response:
    get_integration(id)
    try:
        people.set_enabled(current_user.login_id, login_id, id, enabled=False)
    except NotAllowed as error:
        return _refused(id, login_id, error)
    flash(_("This person can no longer log in; all sessions have ended."))
    return _go(url_for("people.show", id=id, login_id=login_id))


@bp.post("/<int:login_id>/enable")
@admin_only
def enable(id: int, login_id: int) -> Response:
    get_integration(id)
    try:
        people.set_enabled(current_user.login_id, login_id, id, enabled=True)
    except NotAllowed as error:
        return _refused(id, login_id, error)
    flash(_("This person can log in again, with the same password."))
    return _go(url_for("people.show", id=id, login_id=login_id))


@bp.post("/<int:login_id>/remove")
@admin_only
def remove(id: int, login_id: int) -> Response:
    get_integration(id)
    try:
        people.remove(current_user.login_id, login_id, id)
    except NotAllowed as error:
        return _refused(id, login_id, error)
    flash(_("This person no longer sees this integration."))
    return _go(url_for("people.index", id=id))


def _invite_page(id: int, form: InviteForm, *, status: int = 200) -> Response:
    return render(
        "people/invite.html",
        "people/partials/invite.html",
        status=status,
        integration=get_integration(id),
        form=form,
        options=_options(),
    )


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
        options=_options(),
        level_form=level_form or LevelForm(formdata=None, level=level.value),
        crm_form=None if by_email else crm_form,
        why_not_change=REFUSALS.get(reach.why_not_change(me, member.reach)),
        why_not_remove=REFUSALS.get(reach.why_not_remove(me, member.reach)),
    )


def _options() -> list[tuple[str, object, object]]:
    """The levels that this admin may give, for the radios."""
    mine = members.reach_of(current_user.login)
    return [
        (level.value, LEVELS[level].label, LEVEL_HINTS[level])
        for level in reach.levels_to_give(mine)
    ]


def _show_link(id: int, made: invitations.Made) -> Response:
    """The token goes to the next page by the admin's own cookie, never by an address."""
    session["invitation"] = (made.id, made.token)
    return _go(url_for("people.show_invitation", id=id, invitation_id=made.id))


def _refused(id: int, login_id: int, error: NotAllowed) -> Response:
    if error.refusal is None:
        abort(403)
    flash(str(REFUSALS[error.refusal]), "error")
    return _go(url_for("people.show", id=id, login_id=login_id))


def _go(target: str) -> Response:
    response = redirect(target, 303)
    assert isinstance(response, Response)
    return response
