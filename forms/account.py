"""What a person changes of himself."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import AnyOf, EqualTo, InputRequired, Length

from forms.people import ENTER_PASSWORD, NOT_THE_SAME, REPEAT_PASSWORD

ENTER_CURRENT = _l("Enter the password that you have now.")


CHOOSE_ONE = _l("Choose one of these.")


class ProfileForm(FlaskForm):
    """Theme "" is that of the system."""

    name = StringField(
        _l("Your name"),
        [Length(max=200)],
        [lambda text: " ".join(text.split()) if text else text],
    )
    locale = StringField(validators=[AnyOf(("ru", "en"), CHOOSE_ONE)])
    theme = StringField(validators=[AnyOf(("", "light", "dark"), CHOOSE_ONE)])


class PasswordForm(FlaskForm):
    current = PasswordField(_l("Current password"), [InputRequired(ENTER_CURRENT)])
    new = PasswordField(_l("New password"), [InputRequired(ENTER_PASSWORD)])
    again = PasswordField(
        _l("New password once more"),
        [InputRequired(REPEAT_PASSWORD), EqualTo("new", NOT_THE_SAME)],
    )
