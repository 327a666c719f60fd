"""How long recordings are kept: by the PBX, and by us."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField
from wtforms.validators import NumberRange, Optional, StopValidation, ValidationError

MOST_DAYS = 3650
DAYS = _l("Enter a whole number of days, from 1 to 3650.")
SAY_HOW_LONG = _l("Say for how many days copies are kept.")


def whole_number(form: FlaskForm, field: IntegerField) -> None:
    """One sentence of ours for what cannot be read."""
    if field.data is None and field.raw_data and field.raw_data[0].strip():
        field.errors = []
        raise StopValidation(str(DAYS))


class RecordingsForm(FlaskForm):
    pbx_days = IntegerField(
        _l("CallGear keeps recordings for, days"),
        [whole_number, Optional(), NumberRange(1, MOST_DAYS, DAYS)],
    )
    keep = BooleanField(_l("Keep copies on this server"))
    keep_days = IntegerField(
        _l("Keep copies for, days"), [whole_number, Optional(), NumberRange(1, MOST_DAYS, DAYS)]
    )

    def validate_keep(self, field: BooleanField) -> None:
        if field.data and self.keep_days.data is None and not self.keep_days.raw_data[0].strip():
            self.keep_days.errors = [*self.keep_days.errors, SAY_HOW_LONG]
            raise ValidationError(SAY_HOW_LONG)

    @property
    def chosen_days(self) -> int | None:
        """None: no copies."""
        days: Any = self.keep_days.data
        return int(days) if self.keep.data and days else None
