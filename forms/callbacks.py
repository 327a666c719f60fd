"""Why nobody needs to call a client back."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

SAY_WHY = _l("Say in a few words why nobody needs to call.")
TOO_LONG = _l("200 characters at most.")


class DismissForm(FlaskForm):
    why = StringField(
        _l("Why"),
        [InputRequired(SAY_WHY), Length(max=200, message=TOO_LONG)],
        filters=[lambda text: " ".join(text.split()) if text else text],
    )
