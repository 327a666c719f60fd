"""What an employee types in the console."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import Length

LONGEST_NOTE = 2000


class NoteForm(FlaskForm):
    note = TextAreaField(
        _l("Note"),
        [Length(max=LONGEST_NOTE, message=_l("A note has at most %(max)d characters."))],
    )
