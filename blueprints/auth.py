"""Log in and out."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from wtforms.widgets import PasswordInput

from blueprints import half_login
from blueprints.htmx import render, wants_partial
from blueprints.kept_forms import former_login_id, keep_posted
from blueprints.redirects import local_path
from forms.login import LoginForm
from models import Login
from services import demo_login
from services import login as logins

bp = Blueprint("auth", __name__)


class Person(UserMixin):
    """Who is logged in, as pages see him; his id in the cookie is the session's token."""

    def __init__(self, login: Login, token: str) -> None:
        self.login = login
        self.login_id: int = login.id
        self.token = token
        self.email: str = login.email
        self.name: str | None = login.name
        self.locale: str | None = login.locale
        self.theme: str | None = login.theme
        self.is_admin: bool = login.is_admin

    @property
    def lacks_second_step(self) -> bool:
        """Whether this server wants a second step of this person, who has none yet."""
        return self.login.lacks_second_step(current_app.extensions["config"].second_step)

    def get_id(self) -> str:
        return self.token

    def may_see(self, integration_id: int) -> bool:
        return self.login.may_see(integration_id)


@bp.record_once
def set_up(state: BlueprintSetupState) -> None:
    manager = LoginManager()
    manager.anonymous_user = Nobody
    manager.user_loader(load_person)
    manager.unauthorized_handler(ask_to_log_in)
    manager.init_app(state.app)


class Nobody:
    """A visitor who has not logged in."""

    is_authenticated = is_active = is_admin = False
    is_anonymous = True
    locale = theme = None

    def get_id(self) -> None:
        return None


def load_person(token: str) -> Person | None:
    """A page that refreshes itself says so (`X-Poll`): it does not keep the session alive."""
    login = logins.find_login(token, is_activity="X-Poll" not in request.headers)
    return Person(login, token) if login else None


def ask_to_log_in() -> Response:
    """A page goes to the form; a partial gets 401 and boot.js opens the dialog. What was posted is
    kept for the one whose session it was."""
    if wants_partial():
        return Response(status=401)
    is_post = request.method == "POST"
    target = keep_posted(former_login_id()) if is_post else request.full_path
    response = redirect(url_for("auth.login", next=target.rstrip("?")), 303 if is_post else 302)
    assert isinstance(response, Response)
    return response


@bp.get("/login")
def login() -> Response:
    if current_user.is_authenticated:
        return _go(request.args.get("next"))
    form = LoginForm(next=local_path(request.args.get("next")))
    if demo := _demo_login():
        form.email.data, form.password.data = demo
        form.password.widget = PasswordInput(hide_value=False)
    return _show(form)


@bp.post("/login")
def sign_in() -> Response:
    form = LoginForm()
    if not form.validate():
        return _show(form, status=422)
    try:
        person, token = logins.sign_in(form.email.data, form.password.data, describe_visitor())
    except logins.WrongPassword:
        form.form_errors.append(_("The e-mail or the password is not right."))
        return _show(form, status=422)
    except logins.CodeWanted as wanted:
        half_login.begin(wanted)
        return _go(url_for("second_step_door.show", next=local_path(form.next.data)))
    except logins.TooManyTries as error:
        form.form_errors.append(describe_wait(error.seconds))
        return _show(form, status=429)
    enter(person, token)
    return _go(form.next.data)


def enter(login: Login, token: str) -> None:
    """Let somebody in: a new session for this browser.

    Who comes back as the same person keeps the form token: pages in other tabs stay usable. It was
    this person's own, so that nobody else can know it.
    """
    is_same = former_login_id() == login.id
    form_token = session.get("csrf_token") if is_same else None
    session.clear()
    if form_token:
        session["csrf_token"] = form_token
    login_user(Person(login, token))


@bp.post("/logout")
def logout() -> Response:
    if current_user.is_authenticated:
        logins.sign_out(current_user.token)
    logout_user()
    session.clear()
    response = _go(local_path(request.form.get("next"), url_for("auth.login")))
    # What pages have kept in the browser goes too; the choice of language is a cookie and stays.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _show(form: LoginForm, status: int = 200) -> Response:
    return render(
        "login.html",
        "partials/login_form.html",
        status=status,
        form=form,
        demo=_demo_login(),
    )


def _demo_login() -> tuple[str, str] | None:
    """E-mail and password that the demo's form shows; None outside the demo."""
    is_demo = current_app.extensions["config"].demo
    return (demo_login.EMAIL, demo_login.PASSWORD) if is_demo else None


def describe_wait(seconds: int) -> str:
    return ngettext(
        "Too many tries. Try again in %(num)d second.",
        "Too many tries. Try again in %(num)d seconds.",
        seconds,
    )


def describe_visitor() -> logins.Visitor:
    """Where this request comes from."""
    return logins.Visitor(
        address=request.remote_addr or "",
        agent=request.user_agent.string,
        secret=current_app.config["SECRET_KEY"],
    )


def _go(target: str | None) -> Response:
    response = redirect(local_path(target), 303)
    assert isinstance(response, Response)
    return response
