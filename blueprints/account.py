"""/account: a person's own name, language, theme, password and sessions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, url_for
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from blueprints.access import protect, visible_integrations
from blueprints.access_words import LEVELS, WEAKNESSES
from blueprints.auth import describe_visitor, describe_wait
from blueprints.htmx import render
from blueprints.kept_forms import restored_fields
from blueprints.language import LOCALES, THEMES, remember, select_locale, select_theme
from forms.account import PasswordForm, ProfileForm
from models import db
from rules.browsers import name_browser
from services import console_tokens, sessions
from services import login as logins
from services.members import reach_of

bp = Blueprint("account", __name__, url_prefix="/account")
protect(bp)

WRONG_PASSWORD = _l("This is not your current password.")


@bp.get("")
def index() -> Response:
    typed = restored_fields(url_for("account.save_profile"))
    return _page(profile=_profile_form(formdata=typed))


@bp.post("/profile")
def save_profile() -> Response:
    form = _profile_form()
    if not form.validate():
        return _page(profile=form, status=422)
    chosen = {"locale": form.locale.data, "theme": form.theme.data or ""}
    logins.keep_preferences(current_user.login_id, name=form.name.data or "", **chosen)
    with force_locale(form.locale.data):
        flash(_("Saved."))
    response = _go()
    for name, value in chosen.items():
        remember(response, name, value)
    return response


@bp.post("/password")
def change_password() -> Response:
    form = PasswordForm()
    if not form.validate():
        return _page(password=form, status=422)
    try:
        sessions.change_password(
            current_user.login_id,
            form.current.data or "",
            form.new.data or "",
            visitor=describe_visitor(),
            token=current_user.token,
        )
    except logins.WrongPassword:
        form.current.errors = [WRONG_PASSWORD]
    except logins.TooManyTries as error:
        form.current.errors = [describe_wait(error.seconds)]
        return _page(password=form, status=429)
    except sessions.WeakPassword as error:
        form.new.errors = [WEAKNESSES[error.weakness]]
    else:
        flash(_("The password is changed. All your other sessions have ended."))
        return _go()
    return _page(password=form, status=422)


@bp.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Response:
    if not sessions.end_session(current_user.login_id, session_id):
        abort(404)
    flash(_("The session has ended."))
    return _go()


@bp.post("/sessions/end-others")
def end_other_sessions() -> Response:
    ended = sessions.end_others(current_user.login_id, current_user.token)
    flash(
        ngettext("%(num)d session has ended.", "%(num)d sessions have ended.", ended)
        if ended
        else _("There are no other sessions.")
    )
    return _go()


def _page(
    *,
    profile: ProfileForm | None = None,
    password: PasswordForm | None = None,
    status: int = 200,
) -> Response:
    integrations = visible_integrations()
    return render(
        "account/index.html",
        "account/partials/account.html",
        status=status,
        profile=profile or _profile_form(formdata=None),
        password=password or PasswordForm(formdata=None),
        locales=[(code, name, "") for code, name in LOCALES],
        themes=[(code, name, "") for code, name in THEMES],
        level=LEVELS[reach_of(current_user.login).level],
        integrations=integrations,
        zone=integrations[0].timezone if integrations else "UTC",
        sessions=sessions.list_sessions(current_user.login_id, current_user.token),
        keys=console_tokens.keys_of_login(db.session(), current_user.login_id),
        name_browser=name_browser,
    )


def _profile_form(**given: Any) -> ProfileForm:
    """`formdata` as forms take it: the request's own, none, or what was kept."""
    stored = {"name": current_user.name, "locale": select_locale(), "theme": select_theme()}
    return ProfileForm(**given, data=stored)


def _go() -> Response:
    response = redirect(url_for("account.index"), 303)
    assert isinstance(response, Response)
    return response
