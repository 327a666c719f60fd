"""/invitations/<token>: take up an invitation, as a new person or with a login that is there."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from blueprints.access import is_inside
from blueprints.access_words import LEVEL_HINTS, LEVELS, WEAKNESSES
from blueprints.auth import describe_visitor, enter
from blueprints.htmx import render
from forms.people import ENTER_EMAIL, NO_EMAIL, JoinForm
from services import invitations, join
from services.invitations import NoSuchInvitation, Offer
from services.join import LoginIsThere, RoleDiffers, WrongEmail
from services.sessions import WeakPassword

bp = Blueprint("invitations", __name__, url_prefix="/invitations")

EMAIL_IS_TAKEN = _l("There is a login with this e-mail already. Log in with it instead.")
ROLE_DIFFERS = _l(
    "Your login has another role than this invitation, and a role counts for all integrations of a"
    " login. Ask the one who invited you for an invitation with your role, or for another e-mail."
)


@bp.errorhandler(NoSuchInvitation)
def gone(error: NoSuchInvitation) -> Response:
    """One and the same page for unknown, used, revoked and old links."""
    response = make_response(render_template("invitations/gone.html"))
    response.status_code = 404
    return response


@bp.get("/<token>")
def show(token: str) -> Response:
    offer = invitations.find_offer(token)
    return _page(token, offer, JoinForm(formdata=None, name=offer.name))


@bp.post("/<token>")
def accept(token: str) -> Response:
    """Make the login of somebody new."""
    offer, form = invitations.find_offer(token), JoinForm()
    if not form.validate():
        return _page(token, offer, form, status=422)
    try:
        login, session_token = join.join_as_new(
            token,
            email=form.email.data or "",
            name=form.name.data,
            password=form.password.data or "",
            visitor=describe_visitor(),
        )
    except WrongEmail:
        form.email.errors = [NO_EMAIL if form.email.data else ENTER_EMAIL]
    except WeakPassword as error:
        form.password.errors = [WEAKNESSES[error.weakness]]
    except LoginIsThere:
        form.email.errors = [EMAIL_IS_TAKEN]
    else:
        enter(login, session_token)
        flash(_("Welcome! Your login is made."))
        return _go(url_for("pages.home"))
    return _page(token, offer, form, status=422)


@bp.post("/<token>/join")
def join_with_login(token: str) -> Response:
    """Give it to the person who is logged in."""
    offer = invitations.find_offer(token)
    if not current_user.is_authenticated:
        return _go(url_for("invitations.show", token=token))
    if not is_inside():
        return _go(url_for("second_step.index"))
    try:
        join.join_with(token, current_user.login_id)
    except LoginIsThere:
        return _go(url_for("invitations.show", token=token))
    except RoleDiffers:
        return _page(token, offer, JoinForm(), status=422, refusal=ROLE_DIFFERS)
    flash(_("The invitation is accepted."))
    return _go(url_for("pages.home"))


def _page(
    token: str, offer: Offer, form: JoinForm, *, status: int = 200, refusal: object = ""
) -> Response:
    """The form for somebody new; for a login that is there what it has to do."""
    known = join.find_login_of(offer.email) if offer.email else None
    is_mine = (
        known is not None and current_user.is_authenticated and (known.id == current_user.login_id)
    )
    return render(
        "invitations/show.html",
        "invitations/partials/invitation.html",
        status=status,
        token=token,
        offer=offer,
        form=form,
        known=known,
        is_mine=is_mine,
        refusal=refusal,
        level=LEVELS[offer.reach.level],
        level_hint=LEVEL_HINTS[offer.reach.level],
    )


def _go(target: str) -> Response:
    response = redirect(target, 303)
    assert isinstance(response, Response)
    return response
