"""/login/code: the second step of the login, and how a person turns it on and off."""

from __future__ import annotations

import segno
from flask import Blueprint, Response, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from blueprints.access import protect
from blueprints.auth import describe_visitor, describe_wait, enter
from blueprints.half_login import half_login_id
from blueprints.htmx import render
from blueprints.redirects import local_path
from forms.second_step import CodeForm, TurnOffForm, TurnOnForm
from models import Login, db
from rules.one_time_codes import address_for_app
from services import login as logins
from services import second_step, sessions
from services.vault import Vault

WANTED = "second_step_secret"
ISSUER = "CallGear – Behomes"
WRONG_CODE = _l("This code is not right, or it was used already. Take the one that the app shows.")
WRONG_PASSWORD = _l("This is not your current password.")

door = Blueprint("second_step_door", __name__, url_prefix="/login/code")
bp = Blueprint("second_step", __name__, url_prefix="/account/second-step")
protect(bp)


@door.get("")
def show() -> Response:
    if half_login_id() is None:
        return _go(url_for("auth.login", next=request.args.get("next")))
    return _ask(CodeForm(formdata=None, next=local_path(request.args.get("next"))))


@door.post("")
def check() -> Response:
    login_id, form = half_login_id(), CodeForm()
    if login_id is None:
        flash(_("This login no longer waits for a code. Log in anew."), "error")
        return _go(url_for("auth.login", next=local_path(form.next.data)))
    if not form.validate():
        return _ask(form, status=422)
    try:
        person, token = logins.sign_in_with_code(
            login_id, form.code.data or "", describe_visitor(), _vault()
        )
    except second_step.WrongCode:
        form.code.errors = [WRONG_CODE]
        return _ask(form, status=422)
    except logins.TooManyTries as error:
        form.code.errors = [describe_wait(error.seconds)]
        return _ask(form, status=429)
    enter(person, token)
    return _go(local_path(form.next.data))


@bp.get("")
def index() -> Response:
    if _login().has_second_step:
        return _page(off=TurnOffForm(formdata=None))
    return _page(on=TurnOnForm(formdata=None), secret=_wanted_secret())


@bp.post("")
def turn_on() -> Response:
    """The codes for the loss of the app are in this very answer, and nowhere again."""
    form, secret = TurnOnForm(), session.get(WANTED)
    if _login().has_second_step or secret is None:
        return _go(url_for("second_step.index"))
    if not form.validate():
        return _page(on=form, secret=secret, status=422)
    if status := _refuse_password(form):
        return _page(on=form, secret=secret, status=status)
    try:
        codes = second_step.turn_on(current_user.login_id, secret, form.code.data or "", _vault())
    except second_step.WrongCode:
        form.code.errors = [WRONG_CODE]
        return _page(on=form, secret=secret, status=422)
    # Others may be in with the password alone: with them it could be turned off again.
    sessions.end_others(current_user.login_id, current_user.token)
    session.pop(WANTED, None)
    return _page(off=TurnOffForm(formdata=None), codes=codes)


@bp.post("/off")
def turn_off() -> Response:
    form = TurnOffForm()
    if not form.validate():
        return _page(off=form, status=422)
    if status := _refuse_password(form):
        return _page(off=form, status=status)
    second_step.turn_off(current_user.login_id)
    flash(_("The second step is off: the password alone lets you in again."))
    return _go(url_for("account.index"))


def _refuse_password(form: TurnOnForm | TurnOffForm) -> int | None:
    """Whoever finds an open page must not change how its person logs in: the status and a word in
    the form if this is not the current password."""
    try:
        logins.confirm_password(current_user.login_id, form.password.data or "", describe_visitor())
    except logins.WrongPassword:
        form.password.errors = [WRONG_PASSWORD]
        return 422
    except logins.TooManyTries as error:
        form.password.errors = [describe_wait(error.seconds)]
        return 429
    return None


def _ask(form: CodeForm, *, status: int = 200) -> Response:
    page, part = "second_step/code.html", "second_step/partials/code.html"
    return render(page, part, status=status, form=form)


def _page(
    *,
    on: TurnOnForm | None = None,
    off: TurnOffForm | None = None,
    secret: str | None = None,
    codes: list[str] | None = None,
    status: int = 200,
) -> Response:
    return render(
        "second_step/index.html",
        "second_step/partials/settings.html",
        status=status,
        on=on,
        off=off,
        secret=secret,
        picture=_picture(secret) if secret else None,
        codes=codes,
        left=len(_login().recovery_hashes or []),
    )


def _wanted_secret() -> str:
    """The same until it is taken over: a reload does not make the scanned picture worthless."""
    secret: str = session.setdefault(WANTED, second_step.new_secret())
    return secret


def _picture(secret: str) -> str:
    address = address_for_app(secret, email=current_user.email, issuer=ISSUER)
    picture: str = segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="#fff")
    return picture


def _login() -> Login:
    return db.session.get_one(Login, current_user.login_id)


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault


def _go(target: str) -> Response:
    response = redirect(target, 303)
    assert isinstance(response, Response)
    return response
