"""What a person types to delete an integration."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

TYPE_TITLE = _l("Type the name of the integration.")


class DeleteForm(FlaskForm):
    typed_title = StringField(
        _l("Name of the integration"), [InputRequired(TYPE_TITLE), Length(max=80)]
    )
