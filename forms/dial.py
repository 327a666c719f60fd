"""A number to be called by a click."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, TelField
from wtforms.validators import AnyOf, DataRequired, Length, Regexp

# Where on our pages the click was made; kept with the call.
ORIGINS = ("console", "history", "callback", "embed", "test")
ENTER_NUMBER = _l("Enter the number to call.")
TOO_LONG = _l("A number has no more than 100 signs.")
FORM_TOO_OLD = _l("The form is incomplete. Reload the page and try again.")


class DialForm(FlaskForm):
    """`request_id` is made with each form that is shown: pressed twice, one form dials once."""

    phone = TelField(
        _l("Number"),
        [DataRequired(ENTER_NUMBER), Length(max=100, message=TOO_LONG)],
        filters=[lambda text: (text or "").strip()],
    )
    request_id = HiddenField(
        validators=[DataRequired(FORM_TOO_OLD), Regexp(r"[A-Za-z0-9_-]{8,64}\Z", 0, FORM_TOO_OLD)]
    )
    origin = HiddenField(
        validators=[AnyOf(ORIGINS, FORM_TOO_OLD)], filters=[lambda text: text or ORIGINS[0]]
    )
