"""What a person types to replace a key."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

ENTER_KEY = _l("Enter the API key.")


class KeyForm(FlaskForm):
    api_key = PasswordField(
        _l("API key"),
        [InputRequired(ENTER_KEY), Length(max=500)],
        filters=[lambda text: text.strip() if text else text],
    )
