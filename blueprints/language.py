"""The reader's language and theme: whose choice counts, and the switches."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, redirect, request
from flask.blueprints import BlueprintSetupState
from flask_babel import Babel
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from blueprints.redirects import local_path
from services import login as logins

LOCALES = (("ru", "Русский"), ("en", "English"))
THEMES = (("", _l("System")), ("light", _l("Light")), ("dark", _l("Dark")))
YEAR_SECONDS = 365 * 24 * 3600

bp = Blueprint("language", __name__)


@bp.record_once
def set_up(state: BlueprintSetupState) -> None:
    babel = Babel()
    babel.init_app(state.app, locale_selector=select_locale, default_locale="ru")


def select_locale() -> str:
    """The login's language, else the cookie's, else the server's."""
    stored = current_user.locale if current_user else None
    chosen = stored or request.cookies.get(_cookie("locale"), "")
    return chosen if chosen in dict(LOCALES) else current_app.extensions["config"].default_locale


def select_theme() -> str:
    """light, dark, or "" for what the system says."""
    stored = current_user.theme if current_user and current_user.is_authenticated else None
    chosen = request.cookies.get(_cookie("theme"), "") if stored is None else stored
    return chosen if chosen in dict(THEMES) else ""


@bp.post("/language")
def choose_locale() -> Response:
    return _keep("locale", tuple(dict(LOCALES)))


@bp.post("/theme")
def choose_theme() -> Response:
    return _keep("theme", tuple(dict(THEMES)))


def _keep(name: str, allowed: tuple[str, ...]) -> Response:
    value = request.form.get(name)
    if value not in allowed:
        abort(400)
    if current_user.is_authenticated:
        logins.keep_preferences(current_user.login_id, **{name: value})
    response = redirect(local_path(request.form.get("next")), 303)
    assert isinstance(response, Response)
    remember(response, name, value)
    return response


def remember(response: Response, name: str, value: str) -> None:
    """Keep the choice in the browser too: for the pages before the login."""
    response.set_cookie(
        _cookie(name),
        value,
        max_age=YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def _cookie(name: str) -> str:
    """Its name in the browser: over https one that no other host can set."""
    return f"__Host-{name}" if current_app.config["SESSION_COOKIE_SECURE"] else name
