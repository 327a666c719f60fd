"""What a person types to come in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

ENTER_EMAIL = _l("Enter your e-mail.")
ENTER_PASSWORD = _l("Enter your password.")


class LoginForm(FlaskForm):
    email = EmailField(_l("E-mail"), [InputRequired(ENTER_EMAIL), Length(max=200)])
    password = PasswordField(_l("Password"), [InputRequired(ENTER_PASSWORD), Length(max=1000)])
    next = HiddenField()
