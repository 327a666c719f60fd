"""What an admin types about pages that may show the pop-up."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import Length


class OriginsForm(FlaskForm):
    origins = TextAreaField(_l("Pages that may show the pop-up"), [Length(max=5000)])
