"""/login/again: log in inside the dialog that a page opens when its session is over.

The page and what is typed in it stay. The answer to success is an event for boot.js, which puts the
new form token into the page.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from blueprints import half_login
from blueprints.auth import describe_visitor, describe_wait, enter
from blueprints.htmx import wants_partial
from blueprints.second_step import WRONG_CODE
from forms.login import LoginForm
from forms.second_step import CodeForm
from services import login as logins
from services.second_step import WrongCode
from services.vault import Vault

bp = Blueprint("session_over", __name__, url_prefix="/login/again")


@bp.get("")
def show() -> Response:
    """The form for the e-mail that the page names; nothing to do if another tab was quicker."""
    if not wants_partial():
        return _to_login()
    if current_user.is_authenticated and current_user.email == request.args.get("email"):
        return _restored()
    return _form(LoginForm(formdata=None, email=request.args.get("email", "")))


@bp.post("")
def sign_in() -> Response:
    if not wants_partial():
        return _to_login()
    form = LoginForm()
    if not form.validate():
        return _form(form, status=422)
    try:
        person, token = logins.sign_in(form.email.data, form.password.data, describe_visitor())
    except logins.WrongPassword:
        form.password.errors = [_("The password is not right.")]
        return _form(form, status=422)
    except logins.TooManyTries as error:
        form.password.errors = [describe_wait(error.seconds)]
        return _form(form, status=422)
    except logins.CodeWanted as wanted:
        half_login.begin(wanted)
        return _code_form(CodeForm(formdata=None))
    enter(person, token)
    return _restored()


@bp.post("/code")
def check_code() -> Response:
    login_id, form = half_login.half_login_id(), CodeForm()
    if not wants_partial() or login_id is None:
        return _to_login()
    if not form.validate():
        return _code_form(form, status=422)
    vault: Vault = current_app.extensions["vault"]
    try:
        person, token = logins.sign_in_with_code(
            login_id, form.code.data or "", describe_visitor(), vault
        )
    except WrongCode:
        form.code.errors = [WRONG_CODE]
        return _code_form(form, status=422)
    except logins.TooManyTries as error:
        form.code.errors = [describe_wait(error.seconds)]
        return _code_form(form, status=422)
    enter(person, token)
    return _restored()


def _code_form(form: CodeForm, *, status: int = 200) -> Response:
    form.code.id = "again-code"
    response = Response(render_template("partials/login_again_code.html", form=form), status)
    response.vary.add("HX-Request")
    return response


def _form(form: LoginForm, *, status: int = 200) -> Response:
    for field in (form.email, form.password):
        field.id = f"again-{field.name}"  # the page below may have fields of the same names
    text = render_template("partials/login_again.html", form=form)
    response = Response(text, status)
    response.vary.add("HX-Request")
    return response


def _restored() -> Response:
    event = {"session-restored": {"token": generate_csrf()}}
    return Response(status=204, headers={"HX-Trigger": json.dumps(event)})


def _to_login() -> Response:
    response = redirect(url_for("auth.login"), 303)
    assert isinstance(response, Response)
    return response
