"""A select with hundreds of options, whose HTML is made once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from markupsafe import Markup
from wtforms import SelectField
from wtforms.widgets import html_params


class LongSelectWidget:
    """As WTForms' own, which renders each option anew for each page."""

    def __call__(self, field: SelectField, **kwargs: Any) -> Markup:
        kwargs.setdefault("id", field.id)
        choices = tuple((str(each.value), str(each.label)) for each in field.choices or ())
        attributes = html_params(name=field.name, **kwargs)
        return Markup("<select %s>%s</select>") % (
            Markup(attributes),
            _options(choices, str(field.data)),
        )


@lru_cache(maxsize=64)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> Markup:
    return Markup("").join(
        Markup('<option value="%s"%s>%s</option>')
        % (value, Markup(" selected") if value == chosen else "", label)
        for value, label in choices
    )
