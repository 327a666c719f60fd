"""/integrations/<id>/people/invite: make one-time links, renew and revoke them."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.exceptions import Forbidden, NotFound

from blueprints.access import admin_only, get_integration, protect
from blueprints.access_words import level_options
from blueprints.htmx import render
from blueprints.kept_forms import restored_fields
from forms.people import InviteForm
from rules.reach import Level
from services import invitations
from services.invitations import IsThereAlready, MayNotInvite, NoSuchInvitation
from services.members import reach_of

bp = Blueprint("inviting", __name__, url_prefix="/integrations/<int:id>/people")
protect(bp)

SEES_IT_ALREADY = _l("A person with this e-mail sees this integration already.")


@bp.errorhandler(NoSuchInvitation)
def not_there(error: NoSuchInvitation) -> ResponseReturnValue:
    return current_app.handle_http_exception(NotFound())


@bp.errorhandler(MayNotInvite)
def too_much(error: MayNotInvite) -> ResponseReturnValue:
    return current_app.handle_http_exception(Forbidden())


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


def _invite_page(id: int, form: InviteForm, *, status: int = 200) -> Response:
    return render(
        "people/invite.html",
        "people/partials/invite.html",
        status=status,
        integration=get_integration(id),
        form=form,
        options=level_options(reach_of(current_user.login)),
    )


def _show_link(id: int, made: invitations.Made) -> Response:
    """The token goes to the next page by the admin's own cookie, never by an address."""
    session["invitation"] = (made.id, made.token)
    return _go(url_for("inviting.show_invitation", id=id, invitation_id=made.id))


def _go(target: str) -> Response:
    response = redirect(target, 303)
    assert isinstance(response, Response)
    return response
