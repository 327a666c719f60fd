"""Forms that were sent after the session had ended: kept, and filled in again after the login.

A page whose form shall not be lost asks for it when it is shown:

    form = TasksForm(formdata=restored_fields(), data=draft)

`formdata=None` is what a form has on GET anyway, so that nothing else changes. The banner that says
what happened comes by itself. A form that posts to another address than its page's names it:
`restored_fields(url_for("account.save_profile"))`.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import current_app, g, request, session
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import PasswordField

from blueprints.redirects import local_path
from services import kept_forms
from services import login as logins

KEPT, TOO_MUCH = "kept", "too_much"


def restored_fields(path: str | None = None) -> MultiDict[str, str] | None:
    """What this person had typed into the form that posts to `path` (default: this page's own),
    when the session was over; None if nothing. Once: a second call, or a reload, gives None.

    Ends the transaction under way if there is something; rows read before are read again.
    """
    fields = kept_forms.take(current_user.login_id, path or request.path)
    if fields is None:
        return None
    g.is_form_restored = True
    return MultiDict(fields)


def keep_posted(login_id: int | None) -> str:
    """Keep the form of this request for a login; the address of the page on which it stands.

    The log-in page tells what became of it.
    """
    session.pop("kept_form", None)
    if login_id is not None:
        try:
            fields = request.form.items(multi=True)
            if kept_forms.keep(login_id, request.path, fields, secret_names=set(_secret_names())):
                session["kept_form"] = KEPT
        except kept_forms.TooMuch:
            session["kept_form"] = TOO_MUCH
    return _form_page()


def former_login_id() -> int | None:
    """Whose session the cookie names, even if it is over."""
    former = logins.find_former(session.get("_user_id"))
    return former.id if former else None


def is_from_our_page() -> bool:
    """Whether the browser says that one of our own pages sent this request."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def _form_page() -> str:
    """Where the form was sent from, if that is a page of ours; else its own address, or /."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc == request.host and _is_page(came_from.path):
        query = f"?{came_from.query}" if came_from.query else ""
        return local_path(came_from.path + query)
    return request.path if _is_page(request.path) else "/"


def _is_page(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, method="GET")


def _secret_names() -> Iterator[str]:
    """The names of all password fields of our forms."""
    waiting = [FlaskForm]
    while waiting:
        for form in waiting.pop().__subclasses__():
            waiting.append(form)
            for name, field in vars(form).items():
                kind = getattr(field, "field_class", None)
                if isinstance(kind, type) and issubclass(kind, PasswordField):
                    yield name
