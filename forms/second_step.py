"""The second step of the login: a code of the app, and turning it on and off."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from forms.account import ENTER_CURRENT

ENTER_CODE = _l("Enter the code.")


class CodeForm(FlaskForm):
    """Of the app, or one of those for its loss."""

    code = StringField(_l("Code"), [InputRequired(ENTER_CODE), Length(max=60)])
    next = HiddenField()


class TurnOffForm(FlaskForm):
    password = PasswordField(_l("Current password"), [InputRequired(ENTER_CURRENT)])


class TurnOnForm(TurnOffForm):
    code = StringField(_l("Code from the app"), [InputRequired(ENTER_CODE), Length(max=20)])
